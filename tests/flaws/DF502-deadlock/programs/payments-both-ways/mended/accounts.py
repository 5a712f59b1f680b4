"""How much everybody has."""

import psycopg

LOCK = "SELECT FROM accounts WHERE name IN (%s, %s) ORDER BY name FOR UPDATE"
TAKE = "UPDATE accounts SET cents = cents - %s WHERE name = %s AND cents >= %s"
GIVE = "UPDATE accounts SET cents = cents + %s WHERE name = %s"


class NotCovered(Exception):
    """The payer does not have that much."""


class Accounts:
    def __init__(self, url):
        self.url = url

    def move(self, payer, payee, cents):
        with psycopg.connect(self.url) as connection:
            connection.execute(LOCK, (payer, payee))  # in one order, whoever pays
            if connection.execute(TAKE, (cents, payer, cents)).rowcount == 0:
                raise NotCovered(f"{payer} does not have {cents} cents")
            connection.execute(GIVE, (cents, payee))
