import psycopg

from bookkeeping import Bookkeeping


def test_a_booking_is_in_the_journal(database):
    Bookkeeping(database.url).book("2024-17", "cash", 1250)
    with psycopg.connect(database.url) as connection:
        rows = connection.execute("SELECT account, cents FROM journal").fetchall()
    assert rows == [("1600", 1250)]
