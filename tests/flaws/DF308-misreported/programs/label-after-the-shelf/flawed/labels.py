"""Labels for boxes."""

import asyncio

LONGEST = 12


class TooLong(Exception):
    """The text does not fit on a label."""


async def render(box, shelf):
    await asyncio.sleep(0)
    if len(box) > LONGEST:
        raise TooLong(f"{box!r} does not fit on a label")
    return f"[{box} on {shelf}]"
