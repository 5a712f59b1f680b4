"""A public office; its terminals are threads."""

from numbers_drawn import Dispenser


class Office:
    def __init__(self):
        self.dispenser = Dispenser()

    def arrive(self):
        """Return what is printed for a visitor."""
        return f"Please wait: number {self.dispenser.draw()}"
