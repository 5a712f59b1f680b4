"""Auctions: who bids more than anybody before has the lot."""


class TooLow(Exception):
    """Somebody has bid as much before."""


class Auctions:
    def __init__(self, bids):
        self.bids = bids

    def bid(self, lot, cents):
        """Bid for a lot, and return how many bids it has. Raises TooLow."""
        highest, number = self.bids.get(lot, (0, 0))
        if cents <= highest:
            raise TooLow(f"{highest} is bid")
        self.bids[lot] = (cents, number + 1)
        return number + 1
