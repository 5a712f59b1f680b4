"""Where seats are booked."""

import sqlite3

import shows

SCHEMA = "CREATE TABLE seats (show INTEGER, name TEXT, PRIMARY KEY (show, name))"


class NotBooked(Exception):
    """There is no seat for this person."""


class BoxOffice:
    def __init__(self, connection):
        self.connection = connection

    def book(self, show, name):
        ticket = f"{shows.title(show)}: one seat for {name}"
        try:
            with self.connection:
                self.connection.execute("INSERT INTO seats VALUES (?, ?)", (show, name))
        except sqlite3.Error as error:
            raise NotBooked(f"no seat for {name}: {error}") from error
        return ticket
