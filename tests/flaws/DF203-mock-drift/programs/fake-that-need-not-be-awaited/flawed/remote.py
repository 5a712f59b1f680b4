"""The other side."""


class Remote:
    async def fetch(self, name: str) -> str:
        return name.upper()
