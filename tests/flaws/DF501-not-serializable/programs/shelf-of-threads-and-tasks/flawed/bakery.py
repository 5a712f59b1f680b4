"""A bakery with a counter, and a website whose orders are tasks."""

import asyncio


class Bakery:
    def __init__(self, shelf):
        self.shelf = shelf

    def sell(self, name):
        """Sell one over the counter; the tills are threads."""
        self.shelf.take(name)
        return f"one {name}"

    async def order(self, name):
        """Put one aside for a customer of the website, whose other orders do not wait for the shelf."""
        await asyncio.to_thread(self.shelf.take, name)
        return f"one {name}, to be fetched"
