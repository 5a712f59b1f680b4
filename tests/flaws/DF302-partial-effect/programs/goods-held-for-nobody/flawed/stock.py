"""How many pieces there are, and how many are held for which order."""


class OutOfStock(Exception):
    """There are not as many."""


class Stock:
    def __init__(self, pieces):
        self.pieces = pieces
        self.held = {}

    def hold(self, order, number):
        if sum(self.held.values()) + number > self.pieces:
            raise OutOfStock(f"there are not {number} left")
        self.held[order] = number

    def release(self, order):
        self.held.pop(order, None)
