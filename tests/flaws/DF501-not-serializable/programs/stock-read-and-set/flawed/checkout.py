"""The checkout of a flash sale."""

from stock import Stock


class Checkout:
    def __init__(self, client):
        self.stock = Stock(client)

    def buy(self, article, number):
        """Return whether the customer gets all of them."""
        return self.stock.take(article, number)
