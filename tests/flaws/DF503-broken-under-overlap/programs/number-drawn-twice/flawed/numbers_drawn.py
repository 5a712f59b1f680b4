"""Numbers for those who wait."""


class Dispenser:
    def __init__(self):
        self.drawn = []

    def draw(self):
        number = self.drawn[-1] + 1 if self.drawn else 1
        self.drawn.append(number)
        return number
