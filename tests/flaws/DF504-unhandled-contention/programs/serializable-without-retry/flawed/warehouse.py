"""The warehouse sends parcels."""

from stock import Stock


class Warehouse:
    def __init__(self, url):
        self.stock = Stock(url)

    def send(self, article, pieces, recipient):
        """Pack a parcel. Raises stock.TooFew."""
        self.stock.take(article, pieces)
        return f"{pieces} × {article} for {recipient}"
