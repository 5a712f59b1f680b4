"""The orders, and what became of them."""

import psycopg


class Orders:
    def __init__(self, url):
        self.url = url

    def place(self, number, cents):
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO orders (number, cents) VALUES (%s, %s)", (number, cents))

    def find(self, number):
        """Return the status and the price of an order."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(
                "SELECT status, cents FROM orders WHERE number = %s", (number,)
            ).fetchone()

    def mark(self, number, status):
        with psycopg.connect(self.url) as connection:
            connection.execute("UPDATE orders SET status = %s WHERE number = %s", (status, number))
