"""Orders that are paid at once."""

import stock

CENTS = 250


class Orders:
    def __init__(self, shelf, till):
        self.shelf = shelf
        self.till = till
        self.accepted = []

    def place(self, order, number):
        self.till.charge(order, number * CENTS)
        try:
            self.shelf.take(number)
        except stock.OutOfStock:
            self.till.refund(order)
            raise
        self.accepted.append(order)
