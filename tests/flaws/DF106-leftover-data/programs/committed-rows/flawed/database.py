"""The shop's database."""

import sqlite3

SCHEMA = "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, product TEXT NOT NULL)"


def connect(path):
    connection = sqlite3.connect(path)
    connection.execute(SCHEMA)
    return connection
