"""Notes, in SQLite."""

import sqlite3

SCHEMA = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"


class NotesUnavailable(Exception):
    """The notes cannot be written now."""


def add(connection, text):
    return _execute(connection, "INSERT INTO notes (text) VALUES (?)", text).lastrowid


def remove(connection, number):
    _execute(connection, "DELETE FROM notes WHERE id = ?", number)


def _execute(connection, statement, *values):
    try:
        return connection.execute(statement, values)
    except sqlite3.Error as error:
        raise NotesUnavailable(f"the notes cannot be written: {error}") from error
