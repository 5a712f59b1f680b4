"""The invoices, numbered without a gap, as the tax office wants them."""

import psycopg

NEXT = "UPDATE counters SET last = last + 1 WHERE name = 'invoices' RETURNING last"
APPEND = "INSERT INTO invoices (number, customer, cents) VALUES (%s, %s, %s)"


class Journal:
    def __init__(self, url):
        self.url = url

    def append(self, customer, cents):
        """Write an invoice down, and return its number."""
        with psycopg.connect(self.url) as connection:
            (number,) = connection.execute(NEXT).fetchone()
            connection.execute(APPEND, (number, customer, cents))
            return number
