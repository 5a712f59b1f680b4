import httpx
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

import box_office
import web


@pytest.fixture
async def client(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/tickets.db")
    async with engine.begin() as connection:
        await connection.run_sync(box_office.Base.metadata.create_all)
    web.app.state.sessions = async_sessionmaker(engine)
    async with web.app.state.sessions.begin() as session:
        session.add(box_office.Event(name="gig", tickets=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web.app), base_url="http://box-office") as client:
        yield client
    await engine.dispose()


async def test_the_last_ticket_is_sold_once(client):
    assert (await client.post("/events/gig/tickets")).status_code == 200
    assert (await client.post("/events/gig/tickets")).status_code == 409
