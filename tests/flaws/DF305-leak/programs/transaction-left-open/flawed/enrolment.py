"""People take courses."""

import sqlite3

import courses

SCHEMA = """
CREATE TABLE people (name TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE seats (course TEXT, name TEXT, fee INTEGER, PRIMARY KEY (course, name));
"""
REMEMBER = "INSERT INTO people VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET email = excluded.email"


class NotEnrolled(Exception):
    """The person does not have a seat."""


class Enrolment:
    def __init__(self, connection):
        self.connection = connection

    def enrol(self, name, email, course):
        fee = courses.fee(course)
        try:
            self.connection.execute(REMEMBER, (name, email))
            self.connection.execute("INSERT INTO seats VALUES (?, ?, ?)", (course, name, fee))
            self.connection.commit()
        except sqlite3.Error as error:
            raise NotEnrolled(f"{name} does not have a seat in {course}: {error}") from error
