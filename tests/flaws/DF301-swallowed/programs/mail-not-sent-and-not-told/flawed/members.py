"""The club's members, and what happened to them."""

import sqlite3

SCHEMA = """
CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
CREATE TABLE notes (member INTEGER REFERENCES members, text TEXT NOT NULL);
"""


class MembersUnavailable(Exception):
    """The database cannot be written now."""


def add(connection, email):
    """Add a member within the caller's transaction, and return their number."""
    return _execute(connection, "INSERT INTO members (email) VALUES (?)", email).lastrowid


def note(connection, member, text):
    """Note something about a member, within the caller's transaction."""
    _execute(connection, "INSERT INTO notes VALUES (?, ?)", member, text)


def _execute(connection, statement, *values):
    try:
        return connection.execute(statement, values)
    except sqlite3.Error as error:
        raise MembersUnavailable(f"the database failed: {error}") from error
