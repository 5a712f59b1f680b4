import sqlite3
from contextlib import closing

import pytest

import database
from enrolment import Enrolment


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "school.db")) as connection:
        connection.executescript(database.SCHEMA)
        yield connection


def test_people_take_courses(connection):
    Enrolment(connection).enrol("Ann", "ann@example.com", "Drawing")
    assert connection.execute("SELECT * FROM seats").fetchall() == [("Drawing", 1, "Ann")]
