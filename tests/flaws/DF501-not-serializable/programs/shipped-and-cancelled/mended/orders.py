"""The orders, in a SQLite file that several processes have open."""

import sqlite3
from contextlib import closing

SCHEMA = """
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    product TEXT NOT NULL,
    shipped INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0
);
"""
PLACE = "INSERT INTO orders (product) VALUES (?)"
SHIP = "UPDATE orders SET shipped = 1 WHERE number = ? AND NOT cancelled"
CANCEL = "UPDATE orders SET cancelled = 1 WHERE number = ? AND NOT shipped"


class TooLate(Exception):
    """The order was shipped, or cancelled."""


def place(path, product):
    """Return the number of the order."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(PLACE, (product,)).lastrowid


def ship(path, number):
    with closing(sqlite3.connect(path)) as connection, connection:
        if connection.execute(SHIP, (number,)).rowcount == 0:
            raise TooLate(f"order {number} was cancelled")


def cancel(path, number):
    with closing(sqlite3.connect(path)) as connection, connection:
        if connection.execute(CANCEL, (number,)).rowcount == 0:
            raise TooLate(f"order {number} was shipped")
