"""Notes, in SQLite."""

import sqlite3
from contextlib import contextmanager

SCHEMA = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"


class NotesUnavailable(Exception):
    """The notes cannot be written now."""


@contextmanager
def together(connection):
    """All changes within are made, or none."""
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    try:
        connection.commit()
    except sqlite3.Error as error:
        connection.rollback()
        raise NotesUnavailable(f"the notes cannot be written: {error}") from error


def add(connection, text):
    return _execute(connection, "INSERT INTO notes (text) VALUES (?)", text).lastrowid


def remove(connection, number):
    _execute(connection, "DELETE FROM notes WHERE id = ?", number)


def _execute(connection, statement, *values):
    try:
        return connection.execute(statement, values)
    except sqlite3.Error as error:
        raise NotesUnavailable(f"the notes cannot be written: {error}") from error
