"""Customers pay for their orders; a second click on the button does no harm."""

import httpx


class Payments:
    def __init__(self, orders, gateway):
        self.orders = orders
        self.gateway = gateway

    def pay(self, order):
        cents = self.orders.claim(order)
        if cents is None:
            return
        try:
            self.gateway.charge(order, cents)
        except httpx.HTTPStatusError:
            self.orders.mark(order, "open")
            raise
        self.orders.mark(order, "paid")
