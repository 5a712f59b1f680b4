"""Writes the addresses of new customers into a file that the printer fetches."""

import sqlite3

import layout

SCHEMA = "CREATE TABLE customers (name TEXT PRIMARY KEY, city TEXT, written INTEGER DEFAULT 0)"


class NotWritten(Exception):
    """The addresses were not written, and will be the next time."""


class Mailing:
    def __init__(self, connection, path):
        self.connection = connection
        self.path = path

    def write(self):
        draft = self.path.with_suffix(".draft")
        try:
            found = self.connection.execute("SELECT name, city FROM customers WHERE NOT written ORDER BY name")
            rows = [layout.row(name, city) for name, city in found.fetchall()]
            with self.connection:
                self.connection.execute("UPDATE customers SET written = 1")
                with open(draft, "w", encoding="utf-8") as file:
                    file.writelines(rows)
            draft.replace(self.path)
        except (sqlite3.Error, OSError) as error:
            draft.unlink(missing_ok=True)
            raise NotWritten(f"no addresses in {self.path.name}: {error}") from error
