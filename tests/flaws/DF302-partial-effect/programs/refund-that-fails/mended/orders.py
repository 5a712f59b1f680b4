"""Orders that are paid at once."""

from till import TillOffline

CENTS = 250


class Orders:
    def __init__(self, shelf, till):
        self.shelf = shelf
        self.till = till
        self.accepted = []

    def place(self, order, number):
        # What costs the customer money comes last: the pieces can be put back whatever happens.
        self.shelf.take(number)
        try:
            self.till.charge(order, number * CENTS)
        except TillOffline:
            self.shelf.put_back(number)
            raise
        self.accepted.append(order)
