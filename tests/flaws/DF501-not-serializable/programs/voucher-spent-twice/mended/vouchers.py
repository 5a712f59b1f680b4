"""Gift vouchers, each good for one purchase."""

from contextlib import closing

import psycopg2


class NotGood(Exception):
    """There is no such voucher, or it was spent."""


class Vouchers:
    def __init__(self, url):
        self.url = url

    def issue(self, code, cents):
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO vouchers (code, cents) VALUES (%s, %s)", (code, cents))

    def redeem(self, code):
        """Return what the voucher is worth; it is spent then."""
        with closing(psycopg2.connect(self.url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE vouchers SET spent = true WHERE code = %s AND NOT spent RETURNING cents", (code,)
            )
            found = cursor.fetchone()
            if found is None:
                raise NotGood(f"the voucher {code} is not good")
            return found[0]
