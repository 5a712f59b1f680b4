import sqlite3
from contextlib import closing

import pytest

from sheet import SCHEMA, Sheet
from timesheet import TimeSheet


@pytest.fixture
def connection():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(SCHEMA)
        yield connection


def test_hours_add_up(connection):
    times = TimeSheet(Sheet(connection))
    times.note("Ann", "Monday", 8)
    times.note("Ann", "Tuesday", 6)
    assert connection.execute("SELECT sum(hours) FROM hours").fetchone() == (14,)
