"""The parts of an upload."""

import asyncio

LARGEST = 1000


class TooLarge(Exception):
    """The part is larger than the server takes."""


async def size(part):
    await asyncio.sleep(0)
    if len(part) > LARGEST:
        raise TooLarge(f"a part has {len(part)} bytes, {LARGEST} are allowed")
    return len(part)
