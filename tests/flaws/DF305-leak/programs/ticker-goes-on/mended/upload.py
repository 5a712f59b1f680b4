"""Says how large an upload will be, and shows meanwhile that it is at work."""

import asyncio

import parts


class Upload:
    def __init__(self, show):
        self.show = show

    async def measure(self, all_parts):
        ticker = asyncio.create_task(self._tick())
        try:
            total = 0
            for part in all_parts:
                total += await parts.size(part)
            return total
        finally:
            ticker.cancel()

    async def _tick(self):
        while True:
            await asyncio.sleep(1)
            self.show(".")
