"""Pages to be read."""

from datetime import timedelta

from tasks import Queue


class Crawler:
    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    async def visit(self, *pages: str) -> int:
        return await self.queue.put_all(pages, delay=timedelta(seconds=30))
