"""Orders and their payment."""

import psycopg

CLAIM = "UPDATE orders SET state = 'charging' WHERE id = %s AND state = 'open' RETURNING cents"
PAID = "UPDATE orders SET state = 'paid' WHERE id = %s"


class NotOpen(Exception):
    """The order is paid, or being paid."""


class Orders:
    def __init__(self, url, gateway):
        self.url = url
        self.gateway = gateway

    def state(self, order):
        with psycopg.connect(self.url) as connection:
            return connection.execute("SELECT state FROM orders WHERE id = %s", (order,)).fetchone()[0]

    def pay(self, order):
        cents = self._claim(order)
        self.gateway.charge(f"order-{order}", cents)  # orders that stay at "charging" are looked at at night
        with psycopg.connect(self.url) as connection:
            connection.execute(PAID, (order,))

    def _claim(self, order):
        with psycopg.connect(self.url) as connection:
            found = connection.execute(CLAIM, (order,)).fetchone()
        if found is None:
            raise NotOpen(f"order {order} is not open")
        return found[0]
