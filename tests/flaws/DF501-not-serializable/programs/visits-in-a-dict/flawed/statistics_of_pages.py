"""How often pages are visited."""


class Visits:
    def __init__(self):
        self.numbers = {}

    def count(self, path):
        """Count one more visit, and return how many there were."""
        number = self.numbers.get(path, 0) + 1
        self.numbers[path] = number
        return number
