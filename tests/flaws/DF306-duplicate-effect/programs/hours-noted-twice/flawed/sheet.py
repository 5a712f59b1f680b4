"""A sheet that several programs write to."""

import sqlite3

SCHEMA = "CREATE TABLE hours (person TEXT NOT NULL, day TEXT NOT NULL, hours INTEGER NOT NULL)"


class SheetBusy(Exception):
    """Somebody else is writing."""


class Sheet:
    def __init__(self, connection):
        self.connection = connection

    def add(self, person, day, hours):
        try:
            with self.connection:
                self.connection.execute("INSERT INTO hours VALUES (?, ?, ?)", (person, day, hours))
        except sqlite3.Error as error:
            raise SheetBusy(f"the sheet cannot be written: {error}") from error
