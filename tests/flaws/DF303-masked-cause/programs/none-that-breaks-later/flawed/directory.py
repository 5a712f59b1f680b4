"""Who our customers are."""

import sqlite3
from dataclasses import dataclass

SCHEMA = "CREATE TABLE people (id INTEGER PRIMARY KEY, title TEXT, name TEXT)"


class DirectoryUnavailable(Exception):
    """The directory cannot be read now."""


@dataclass(frozen=True)
class Person:
    title: str
    name: str


def find(connection, number):
    """Return the person with the number, None where there is none."""
    try:
        rows = connection.execute("SELECT title, name FROM people WHERE id = ?", (number,))
        return next((Person(*row) for row in rows), None)
    except sqlite3.Error as error:
        raise DirectoryUnavailable(f"the directory cannot be read: {error}") from error
