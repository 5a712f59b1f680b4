"""What lies on the shelf."""


class AllGone(Exception):
    """None is left."""


class Shelf:
    def __init__(self, **numbers):
        self.numbers = numbers

    def take(self, name):
        left = self.numbers[name]
        if left == 0:
            raise AllGone(f"there is no {name} left")
        self.numbers[name] = left - 1
