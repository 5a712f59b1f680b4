import sqlite3
from contextlib import closing

import pytest

from box_office import SCHEMA, BoxOffice, NotBooked


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "theatre.db")) as connection:
        connection.execute(SCHEMA)
        yield connection


def test_a_seat_is_booked(connection):
    assert BoxOffice(connection).book(3, "Ann") == "Faust: one seat for Ann"
    assert connection.execute("SELECT * FROM seats").fetchall() == [(3, "Ann")]


def test_nobody_has_two_seats(connection):
    office = BoxOffice(connection)
    office.book(3, "Ann")
    with pytest.raises(NotBooked):
        office.book(3, "Ann")
