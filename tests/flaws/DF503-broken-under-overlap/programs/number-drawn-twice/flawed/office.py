"""A public office; its terminals are threads."""

from numbers_drawn import Dispenser


class Office:
    def __init__(self):
        self.dispenser = Dispenser()
        self.waiting = []

    def arrive(self):
        """Give a visitor a number."""
        number = self.dispenser.draw()
        self.waiting.append(number)
        return number
