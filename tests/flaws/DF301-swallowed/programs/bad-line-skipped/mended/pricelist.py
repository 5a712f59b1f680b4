"""Takes a supplier's price list over into the catalogue."""

import supplier


class PriceList:
    def __init__(self, catalogue):
        self.catalogue = catalogue

    def load(self, lines):
        prices = dict(supplier.parse(line) for line in lines if not line.startswith("#"))
        self.catalogue.update(prices)
