import sqlite3
from contextlib import closing

import pytest

import places
from course import Course


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "school.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(places.SCHEMA)
        connection.execute("INSERT INTO courses VALUES ('pottery', 1)")
        connection.commit()
    return path


def test_people_enrol(path):
    assert Course(path, "pottery").enrol("Ann") == "Ann takes part in pottery"
    assert places.participants(path, "pottery") == ["Ann"]


def test_a_course_gets_full(path):
    Course(path, "pottery").enrol("Ann")
    with pytest.raises(places.CourseFull):
        Course(path, "pottery").enrol("Bob")
