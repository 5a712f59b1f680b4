"""Numbers for those who wait."""

import threading


class Dispenser:
    def __init__(self):
        self.drawn = []
        self.lock = threading.Lock()

    def draw(self):
        with self.lock:
            number = self.drawn[-1] + 1 if self.drawn else 1
            self.drawn.append(number)
            return number
