"""The places in courses, in a SQLite file that several processes have open."""

import sqlite3
from contextlib import closing

SCHEMA = """
CREATE TABLE courses (name TEXT PRIMARY KEY, places INTEGER NOT NULL);
CREATE TABLE participants (course TEXT NOT NULL, person TEXT NOT NULL);
"""
FREE = """
SELECT places - (SELECT count(*) FROM participants WHERE course = courses.name) FROM courses WHERE name = ?
"""


class CourseFull(Exception):
    """All places are taken."""


def participants(path, course):
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT person FROM participants WHERE course = ?", (course,))
        return [person for (person,) in found]


def take(path, course, person):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN IMMEDIATE")  # nobody else may write between the question and the answer
        (free,) = connection.execute(FREE, (course,)).fetchone()
        if free <= 0:
            raise CourseFull(f"{course} is full")
        connection.execute("INSERT INTO participants VALUES (?, ?)", (course, person))
