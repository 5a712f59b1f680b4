import httpx
import psycopg
import pytest

import api


@pytest.fixture
async def client(database):
    api.app.dependency_overrides[api.url] = lambda: database.url
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url="http://station") as client:
        yield client
    api.app.dependency_overrides.clear()


async def test_a_parcel_is_put_in(client, database):
    reply = await client.put("/parcels/book")
    assert reply.json() == {"locker": 1}
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT parcel FROM lockers ORDER BY number").fetchall() == [("book",), (None,)]


async def test_a_parcel_is_refused_when_all_are_taken(client, database):
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE lockers SET parcel = 'shoes'")
    assert (await client.put("/parcels/book")).status_code == 409
