"""Seats in a hall."""


class TooMany(Exception):
    """Nobody may have so many."""


class Seats:
    def __init__(self, most):
        self._most = most

    async def reserve(self, count):
        if count > self._most:
            raise TooMany(count)
        return [f"seat {number}" for number in range(count)]
