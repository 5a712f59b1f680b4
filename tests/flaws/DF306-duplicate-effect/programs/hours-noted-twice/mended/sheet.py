"""A sheet that several programs write to."""

import sqlite3

SCHEMA = "CREATE TABLE hours (person TEXT, day TEXT, hours INTEGER NOT NULL, PRIMARY KEY (person, day))"


class SheetBusy(Exception):
    """Somebody else is writing."""


class Sheet:
    def __init__(self, connection):
        self.connection = connection

    def add(self, person, day, hours):
        """Note the hours of one day; noting them again changes nothing."""
        try:
            with self.connection:
                self.connection.execute("INSERT OR REPLACE INTO hours VALUES (?, ?, ?)", (person, day, hours))
        except sqlite3.Error as error:
            raise SheetBusy(f"the sheet cannot be written: {error}") from error
