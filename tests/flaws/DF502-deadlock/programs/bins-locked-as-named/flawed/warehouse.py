"""A warehouse whose robots are threads."""

import bins


class Warehouse:
    def __init__(self, **pieces):
        self.bins = {name: bins.Bin(name, number) for name, number in pieces.items()}

    def carry(self, source, target, pieces):
        """Have a robot carry pieces from one bin to another. Raises bins.TooFew."""
        bins.move(self.bins[source], self.bins[target], pieces)
        return f"{pieces} carried from {source} to {target}"

    def stock(self):
        return {name: bin.pieces for name, bin in self.bins.items()}
