"""What somebody is about to buy."""

from catalogue import UnknownProduct


class Basket:
    def __init__(self, catalogue):
        self._catalogue = catalogue
        self.unavailable = []

    def total(self, skus):
        return sum(self._price(sku) for sku in skus)

    def _price(self, sku):
        try:
            return self._catalogue.price(sku)
        except UnknownProduct:
            self.unavailable.append(sku)
            return 0
