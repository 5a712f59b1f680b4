"""Takes a supplier's price list over into the catalogue."""

import supplier


class PriceList:
    def __init__(self, catalogue):
        self.catalogue = catalogue

    def load(self, lines):
        prices = {}
        for line in lines:
            try:
                number, price = supplier.parse(line)
            except supplier.BadLine:
                continue  # a heading or a remark
            prices[number] = price
        self.catalogue.update(prices)
