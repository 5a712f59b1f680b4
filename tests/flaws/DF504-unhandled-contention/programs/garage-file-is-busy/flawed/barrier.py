"""The barriers of a garage, each with a process of its own."""

from garage import Full, Garage


class Barrier:
    def __init__(self, path):
        self.garage = Garage(path)

    def arrive(self, plate):
        """Return what the display shows."""
        try:
            space = self.garage.enter(plate)
        except Full:
            return "FULL"
        return f"{plate}: space {space}"
