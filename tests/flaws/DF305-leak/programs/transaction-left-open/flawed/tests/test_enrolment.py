import sqlite3
from contextlib import closing

import pytest

from enrolment import SCHEMA, Enrolment, NotEnrolled


@pytest.fixture
def connection(tmp_path):
    with closing(sqlite3.connect(tmp_path / "school.db")) as connection:
        connection.executescript(SCHEMA)
        yield connection


def test_people_take_courses(connection):
    Enrolment(connection).enrol("Ann", "ann@example.com", "Drawing")
    assert connection.execute("SELECT * FROM seats").fetchall() == [("Drawing", "Ann", 120)]


def test_nobody_takes_a_course_twice(connection):
    enrolment = Enrolment(connection)
    enrolment.enrol("Ann", "ann@example.com", "Drawing")
    with pytest.raises(NotEnrolled):
        enrolment.enrol("Ann", "ann@example.com", "Drawing")
