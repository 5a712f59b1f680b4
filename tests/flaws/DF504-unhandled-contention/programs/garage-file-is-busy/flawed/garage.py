"""Which car stands where, in a SQLite file."""

import sqlite3
from contextlib import closing

SCHEMA = "CREATE TABLE spaces (number INTEGER PRIMARY KEY, plate TEXT)"
FREE = "SELECT min(number) FROM spaces WHERE plate IS NULL"


class Full(Exception):
    """No space is free."""


class Garage:
    def __init__(self, path):
        self.path = path

    def enter(self, plate):
        """Give the car a space, and return its number."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("BEGIN")  # or nothing keeps others out between the two statements
            (number,) = connection.execute(FREE).fetchone()
            if number is None:
                raise Full
            connection.execute("UPDATE spaces SET plate = ? WHERE number = ?", (plate, number))
            return number
