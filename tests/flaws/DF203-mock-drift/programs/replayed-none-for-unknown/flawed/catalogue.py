"""What can be bought."""


class UnknownProduct(Exception):
    """There is no such product."""


class Catalogue:
    def __init__(self, prices):
        self._prices = prices

    def price(self, sku):
        if sku not in self._prices:
            raise UnknownProduct(sku)
        return self._prices[sku]
