"""How an operation is ended whose interleaving is over."""

from __future__ import annotations

import asyncio


class BrokenOff(BaseException):
    """Raised inside of an operation where its interleaving has ended before it did; never seen outside of it."""


def broken_off(*, is_in_loop: bool) -> BaseException:
    """The same, or what an event loop's own task can be ended by: any other one would end the whole loop."""
    return asyncio.CancelledError("this interleaving is over") if is_in_loop else BrokenOff()
