"""Letters to customers."""

import logging
import sqlite3

import titles

SCHEMA = "CREATE TABLE people (id INTEGER PRIMARY KEY, title TEXT, name TEXT)"
FIND = "SELECT title, name FROM people WHERE id = ?"

log = logging.getLogger(__name__)


def greeting(connection, number):
    person = None
    try:
        person = connection.execute(FIND, (number,)).fetchone()
    except sqlite3.Error:
        log.warning("customer %s is not looked up", number)
    title, name = person
    return f"Dear {titles.in_full(title)} {name},"
