"""Numbers for those who wait."""


class Dispenser:
    def __init__(self):
        self.last = 0

    def draw(self):
        number = self.last + 1
        self.last = number
        return number
