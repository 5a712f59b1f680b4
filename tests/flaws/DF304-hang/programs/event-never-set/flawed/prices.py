"""Prices, which are loaded while the question is still being looked at."""

import asyncio


class Prices:
    def __init__(self, source):
        self.source = source

    async def of(self, names):
        table, loaded = {}, asyncio.Event()
        loading = asyncio.create_task(self._load(table, loaded))
        wanted = [name.strip().lower() for name in names]
        await loaded.wait()
        await loading
        return [table[name] for name in wanted]

    async def _load(self, table, loaded):
        table.update(await self.source.read())
        loaded.set()
