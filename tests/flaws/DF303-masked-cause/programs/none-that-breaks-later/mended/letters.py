"""Letters to customers."""

import sqlite3

import titles

SCHEMA = "CREATE TABLE people (id INTEGER PRIMARY KEY, title TEXT, name TEXT)"
FIND = "SELECT title, name FROM people WHERE id = ?"


class NotWritten(Exception):
    """There is nothing to be put into the letter."""


def greeting(connection, number):
    try:
        title, name = connection.execute(FIND, (number,)).fetchone()
    except sqlite3.Error as error:
        raise NotWritten(f"nobody knows who customer {number} is") from error
    return f"Dear {titles.in_full(title)} {name},"
