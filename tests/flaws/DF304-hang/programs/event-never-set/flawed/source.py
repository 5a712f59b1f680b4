"""Where the prices come from: a name and a number a line."""

import asyncio


class BadSource(Exception):
    """A line is not a name and a number."""


class Source:
    def __init__(self, text):
        self.text = text

    async def read(self):
        await asyncio.sleep(0)
        try:
            return {name: int(price) for name, price in map(str.split, self.text.splitlines())}
        except ValueError as error:
            raise BadSource(f"a line is not a name and a number: {error}") from error
