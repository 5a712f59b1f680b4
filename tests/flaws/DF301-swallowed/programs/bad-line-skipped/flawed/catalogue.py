"""What we sell, and for how much."""


class Catalogue:
    def __init__(self):
        self.prices = {}

    def update(self, prices):
        self.prices.update(prices)
