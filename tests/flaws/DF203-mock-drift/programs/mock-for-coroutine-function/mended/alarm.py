"""When something burns."""

from pager import Pager


class Alarm:
    def __init__(self, pager: Pager) -> None:
        self._pager = pager

    async def ring(self, text: str) -> int:
        return await self._pager.send(text)

    async def ring_later(self, text: str) -> str:
        await self._pager.send(f"later: {text}")
        return "noted"
