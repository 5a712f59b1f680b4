"""How often pages are visited."""

import threading


class Visits:
    def __init__(self):
        self.numbers = {}
        self.lock = threading.Lock()

    def count(self, path):
        """Count one more visit, and return how many there were."""
        with self.lock:
            number = self.numbers.get(path, 0) + 1
            self.numbers[path] = number
            return number
