import pytest
from psycopg_pool import AsyncConnectionPool

from restaurant import Restaurant


@pytest.fixture
async def pool(database):
    async with AsyncConnectionPool(database.url, min_size=1, max_size=2) as pool:
        yield pool


async def test_a_table_is_booked_once(pool):
    assert await Restaurant(pool).book(7, "Ann")
    assert not await Restaurant(pool).book(7, "Bob")
