"""The seats of each show."""

import psycopg

FREE = "SELECT free FROM shows WHERE name = %s"
TAKE = "UPDATE shows SET free = free - 1 WHERE name = %s AND free > 0"


class SoldOut(Exception):
    """No seat is free."""


class Seats:
    def __init__(self, url):
        self.url = url

    def free(self, show):
        with psycopg.connect(self.url) as connection:
            return connection.execute(FREE, (show,)).fetchone()[0]

    def take(self, show):
        with psycopg.connect(self.url) as connection:
            if connection.execute(TAKE, (show,)).rowcount == 0:
                raise SoldOut(f"no seat is free in {show}")
