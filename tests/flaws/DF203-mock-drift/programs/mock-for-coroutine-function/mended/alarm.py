"""When something burns."""


class Alarm:
    def __init__(self, pager):
        self._pager = pager

    async def ring(self, text):
        return await self._pager.send(text)

    async def ring_later(self, text):
        await self._pager.send(f"later: {text}")
        return "noted"
