"""Fetches all feeds at once and puts what is new on the shelf."""

import asyncio


class Reader:
    def __init__(self, feeds, shelf):
        self.feeds = feeds
        self.shelf = shelf

    async def refresh(self):
        # One feed must not keep the others from being fetched.
        batches = await asyncio.gather(*(feed.fetch() for feed in self.feeds), return_exceptions=True)
        self.shelf.put([title for batch in batches if isinstance(batch, list) for title in batch])
