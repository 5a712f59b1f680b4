"""A garage that is closed at night."""

import threading


class Closed(Exception):
    """Nobody gets in any more."""


class NotEmpty(Exception):
    """A car is still in it."""


class Garage:
    def __init__(self):
        self.cars = set()
        self.is_open = True
        self.lock = threading.Lock()

    def enter(self, plate):
        with self.lock:
            if not self.is_open:
                raise Closed(f"{plate} has to stay outside")
            self.cars.add(plate)

    def close(self):
        with self.lock:
            if self.cars:
                raise NotEmpty(f"{len(self.cars)} cars are in the garage")
            self.is_open = False
