"""What belongs to whom."""

import psycopg

TAKE = "UPDATE accounts SET balance = balance - %s WHERE owner = %s AND open AND balance >= %s"
BALANCE = "SELECT balance FROM accounts WHERE owner = %s"
CLOSE = "UPDATE accounts SET balance = 0, open = false WHERE owner = %s AND open"


class Refused(Exception):
    """The account is closed, or there is not enough in it."""


class Accounts:
    def __init__(self, url):
        self.url = url

    def balance(self, owner):
        with psycopg.connect(self.url) as connection:
            return connection.execute(BALANCE, (owner,)).fetchone()[0]

    def take(self, owner, amount):
        with psycopg.connect(self.url) as connection:
            if connection.execute(TAKE, (amount, owner, amount)).rowcount == 0:
                raise Refused(f"{owner} cannot have {amount}")

    def close(self, owner):
        """Return what was left."""
        with psycopg.connect(self.url) as connection:
            (left,) = connection.execute(BALANCE, (owner,)).fetchone()
            if connection.execute(CLOSE, (owner,)).rowcount == 0:
                raise Refused(f"the account of {owner} is closed")
            return left
