import sqlite3
from contextlib import closing

import directory
import letters


def test_a_customer_is_greeted():
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(directory.SCHEMA)
        connection.execute("INSERT INTO people VALUES (7, 'Dr', 'Hopper')")
        assert letters.greeting(connection, 7) == "Dear Dr Hopper,"
