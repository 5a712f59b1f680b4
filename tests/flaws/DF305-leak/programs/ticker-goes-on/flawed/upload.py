"""Says how large an upload will be, and shows meanwhile that it is at work."""

import asyncio

import parts


class Upload:
    def __init__(self, show):
        self.show = show

    async def measure(self, all_parts):
        ticker = asyncio.create_task(self._tick())
        total = 0
        for part in all_parts:
            total += await parts.size(part)
        ticker.cancel()
        return total

    async def _tick(self):
        while True:
            await asyncio.sleep(1)
            self.show(".")
