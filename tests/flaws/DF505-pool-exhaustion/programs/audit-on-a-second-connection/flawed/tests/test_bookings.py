import pytest
from sqlalchemy import text

from bookings import Bookings
from connections import engine as new_engine


@pytest.fixture
def engine(database):
    engine = new_engine(database.url)
    yield engine
    engine.dispose()


def test_a_booking_is_noted(engine):
    assert Bookings(engine).book("Room 7", "Ann") == "Room 7 is reserved for Ann"
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT guest FROM bookings")).all() == ["Ann"]
        assert connection.scalars(text("SELECT line FROM audit")).all() == ["Ann books Room 7"]
