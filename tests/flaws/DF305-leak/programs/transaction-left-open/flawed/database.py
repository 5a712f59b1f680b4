"""The school's database."""

import sqlite3

SCHEMA = """
CREATE TABLE people (name TEXT PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE seats (course TEXT, number INTEGER, name TEXT, PRIMARY KEY (course, number));
"""


class DatabaseUnavailable(Exception):
    """The database cannot be read or written now."""


def execute(connection, statement, *values):
    try:
        return connection.execute(statement, values)
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"the database failed: {error}") from error


def commit(connection):
    try:
        connection.commit()
    except sqlite3.Error as error:
        connection.rollback()
        raise DatabaseUnavailable(f"the database failed: {error}") from error
