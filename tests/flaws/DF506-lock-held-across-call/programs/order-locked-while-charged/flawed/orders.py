"""Orders and their payment."""

import psycopg

LOCK = "SELECT cents FROM orders WHERE id = %s AND state = 'open' FOR UPDATE"
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
        with psycopg.connect(self.url) as connection:
            found = connection.execute(LOCK, (order,)).fetchone()
            if found is None:
                raise NotOpen(f"order {order} is not open")
            self.gateway.charge(f"order-{order}", found[0])
            connection.execute(PAID, (order,))
