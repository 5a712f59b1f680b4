"""Numbers for those who wait."""

import threading


class Dispenser:
    def __init__(self):
        self.last = 0
        self.lock = threading.Lock()

    def draw(self):
        with self.lock:
            number = self.last + 1
            self.last = number
            return number
