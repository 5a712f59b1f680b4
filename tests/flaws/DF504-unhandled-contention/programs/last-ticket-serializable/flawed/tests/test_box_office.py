import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

import box_office
import models


@pytest.fixture
async def sessions(database):
    engine = models.engine()
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    async with sessions.begin() as session:
        session.add(models.Event(name="gig", tickets=1))
    yield sessions
    await engine.dispose()


async def test_the_last_ticket_is_sold_once(sessions):
    assert await box_office.buy(sessions, "gig")
    assert not await box_office.buy(sessions, "gig")
