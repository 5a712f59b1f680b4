"""Credits that somebody has bought."""

import audit


class NotEnough(Exception):
    """There are not as many credits."""


class Wallet:
    def __init__(self, credits):
        self.credits = credits

    async def spend(self, number, purpose):
        if self.credits < number:
            raise NotEnough(f"{number} credits are needed, {self.credits} are left")
        await audit.note(f"{number} credits for {purpose}")
        self.credits -= number
