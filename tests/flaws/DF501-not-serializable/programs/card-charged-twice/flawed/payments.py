"""Customers pay for their orders; a second click on the button does no harm."""


class Payments:
    def __init__(self, orders, gateway):
        self.orders = orders
        self.gateway = gateway

    def pay(self, order):
        status, cents = self.orders.find(order)
        if status == "open":
            self.gateway.charge(order, cents)
            self.orders.mark(order, "paid")
