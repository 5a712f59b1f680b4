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
SHIPPED = "SELECT shipped FROM orders WHERE number = ?"
CANCELLED = "SELECT cancelled FROM orders WHERE number = ?"
SHIP = "UPDATE orders SET shipped = 1 WHERE number = ?"
CANCEL = "UPDATE orders SET cancelled = 1 WHERE number = ?"


class TooLate(Exception):
    """The order was shipped, or cancelled."""


def place(path, product):
    """Return the number of the order."""
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(PLACE, (product,)).lastrowid


def ship(path, number):
    with closing(sqlite3.connect(path)) as connection, connection:
        if connection.execute(CANCELLED, (number,)).fetchone()[0]:
            raise TooLate(f"order {number} was cancelled")
        connection.execute(SHIP, (number,))


def cancel(path, number):
    with closing(sqlite3.connect(path)) as connection, connection:
        if connection.execute(SHIPPED, (number,)).fetchone()[0]:
            raise TooLate(f"order {number} was shipped")
        connection.execute(CANCEL, (number,))
