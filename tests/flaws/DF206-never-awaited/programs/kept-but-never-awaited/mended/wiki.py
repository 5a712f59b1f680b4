"""Pages that can be edited."""

from cache import Cache


class Wiki:
    def __init__(self, cache: Cache):
        self.cache = cache
        self.texts = {}

    async def edit(self, name, text):
        self.texts[name] = text
        forgotten = await self.cache.forget(name)
        return [name, forgotten]
