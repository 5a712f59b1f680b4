"""Bookings."""

import psycopg

import accounts

INSERT = "INSERT INTO journal (id, account, cents) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING"


class NotBooked(Exception):
    """The database did not say that it has the booking."""


class Bookkeeping:
    def __init__(self, url):
        self.url = url

    def book(self, document, account, cents):
        number = accounts.number(account)
        try:
            self._write_at_last(document, number, cents)
        except psycopg.Error as error:
            raise NotBooked(f"{document} is perhaps not booked: {error}") from error

    def _write_at_last(self, document, account, cents):
        try:
            self._write(document, account, cents)
        except psycopg.OperationalError:  # the database is started anew every night
            self._write(document, account, cents)

    def _write(self, document, account, cents):
        with psycopg.connect(self.url) as connection:
            connection.execute(INSERT, (document, account, cents))
