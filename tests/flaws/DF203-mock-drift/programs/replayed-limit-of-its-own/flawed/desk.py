"""Sells tickets."""

from seats import TooMany


class Desk:
    def __init__(self, seats):
        self._seats = seats

    async def sell(self, count):
        try:
            return len(await self._seats.reserve(count))
        except TooMany:
            return 0
