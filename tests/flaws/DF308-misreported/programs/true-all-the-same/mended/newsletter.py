"""The newsletter."""

import logging
import sqlite3

import addresses

SCHEMA = "CREATE TABLE subscribers (email TEXT PRIMARY KEY)"

log = logging.getLogger(__name__)


class Newsletter:
    def __init__(self, connection):
        self.connection = connection

    def subscribe(self, text):
        """Return whether the newsletter goes to this address from now on."""
        try:
            email = addresses.normal(text)
        except addresses.NoAddress:
            return False
        try:
            with self.connection:
                self.connection.execute("INSERT OR IGNORE INTO subscribers VALUES (?)", (email,))
        except sqlite3.Error:
            log.exception("%s is not subscribed", email)
            return False
        return True
