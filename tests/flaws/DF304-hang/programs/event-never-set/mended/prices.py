"""Prices, which are loaded while the question is still being looked at."""

import asyncio


class Prices:
    def __init__(self, source):
        self.source = source

    async def of(self, names):
        loading = asyncio.create_task(self.source.read())
        wanted = [name.strip().lower() for name in names]
        table = await loading
        return [table[name] for name in wanted]
