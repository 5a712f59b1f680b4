"""The members, in a file."""

import sqlite3
from contextlib import closing


class Members:
    def __init__(self, path):
        self.path = path
        with closing(self._connect()) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS members (email TEXT PRIMARY KEY)")

    def _connect(self):
        return sqlite3.connect(self.path, isolation_level=None)

    def knows(self, email):
        with closing(self._connect()) as connection:
            found = connection.execute("SELECT 1 FROM members WHERE email = ?", (email,)).fetchone()
            return found is not None

    def add(self, email):
        with closing(self._connect()) as connection:
            connection.execute("INSERT OR IGNORE INTO members VALUES (?)", (email,))
