"""The prices: in the database, and in memory where every visitor asks for them."""

import threading

import psycopg


class NotForSale(Exception):
    """The article is not in the range."""


class Prices:
    """Whoever changes a price has its row first, then the list in memory."""

    def __init__(self, url):
        self.url = url
        self.lock = threading.Lock()
        with psycopg.connect(url) as connection:
            self.known = dict(connection.execute("SELECT article, cents FROM prices").fetchall())

    def change(self, article, cents):
        with psycopg.connect(self.url) as connection:
            changed = connection.execute("UPDATE prices SET cents = %s WHERE article = %s", (cents, article))
            if changed.rowcount == 0:
                raise NotForSale(f"there is no {article} in the range")
            with self.lock:
                self.known[article] = cents

    def withdraw(self, article):
        with psycopg.connect(self.url) as connection:
            deleted = connection.execute("DELETE FROM prices WHERE article = %s", (article,))
            if deleted.rowcount == 0:
                raise NotForSale(f"there is no {article} in the range")
            with self.lock:
                del self.known[article]
