import sqlite3
from contextlib import closing

import letters


def test_a_customer_is_greeted():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(letters.SCHEMA)
        connection.execute("INSERT INTO people VALUES (7, 'Dr', 'Hopper')")
        assert letters.greeting(connection, 7) == "Dear Doctor Hopper,"
