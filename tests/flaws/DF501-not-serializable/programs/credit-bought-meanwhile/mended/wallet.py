"""Credits that somebody has bought."""

import asyncio

import audit


class Wallet:
    def __init__(self, credits):
        self.credits = credits
        self.lock = asyncio.Lock()

    def buy(self, number):
        self.credits += number

    async def spend(self, number, purpose):
        async with self.lock:
            await audit.note(f"{number} credits for {purpose}")
            self.credits -= number
