import pytest
from psycopg_pool import ConnectionPool

from shipments import Shipments


@pytest.fixture
def pool(database):
    with ConnectionPool(database.url, min_size=1, max_size=2) as pool:
        yield pool


def test_a_parcel_is_carried(pool):
    Shipments(pool).ship("book")
    with pool.connection() as connection:
        assert connection.execute("SELECT * FROM shipments").fetchall() == [("book", "Ann")]
