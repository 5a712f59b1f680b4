"""What lies on the shelf."""

import threading


class AllGone(Exception):
    """None is left."""


class Shelf:
    def __init__(self, **numbers):
        self.numbers = numbers
        self.lock = threading.Lock()

    def take(self, name):
        with self.lock:
            left = self.numbers[name]
            if left == 0:
                raise AllGone(f"there is no {name} left")
            self.numbers[name] = left - 1
