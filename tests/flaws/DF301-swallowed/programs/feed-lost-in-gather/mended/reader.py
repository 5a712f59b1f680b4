"""Fetches all feeds at once and puts what is new on the shelf."""

import asyncio


class Reader:
    def __init__(self, feeds, shelf):
        self.feeds = feeds
        self.shelf = shelf

    async def refresh(self):
        batches = await asyncio.gather(*(feed.fetch() for feed in self.feeds))
        self.shelf.put([title for batch in batches for title in batch])
