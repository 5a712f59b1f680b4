"""How much everybody has."""

import psycopg

TAKE = "UPDATE accounts SET cents = cents - %s WHERE name = %s AND cents >= %s"
GIVE = "UPDATE accounts SET cents = cents + %s WHERE name = %s"


class NotCovered(Exception):
    """The payer does not have that much."""


class Accounts:
    def __init__(self, url):
        self.url = url

    def move(self, payer, payee, cents):
        with psycopg.connect(self.url) as connection:
            if connection.execute(TAKE, (cents, payer, cents)).rowcount == 0:
                raise NotCovered(f"{payer} does not have {cents} cents")
            connection.execute(GIVE, (cents, payee))
