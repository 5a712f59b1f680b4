"""asyncio's locks, events and queues belong to the loop in which one first has to wait for them."""

from __future__ import annotations

import asyncio
from asyncio import mixins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_BOUND: Any = mixins._LoopBoundMixin


class Bindings:
    """Has them belong to none again: the next run of a test may have another loop, and find the same module's lock."""

    def __init__(self) -> None:
        self._bound: list[Any] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note within the block what is bound to a loop, and undo that at its end."""
        old = _BOUND._get_loop

        def bind(this: Any) -> asyncio.AbstractEventLoop:
            if this._loop is None:
                self._bound.append(this)
            loop: asyncio.AbstractEventLoop = old(this)
            return loop

        _BOUND._get_loop = bind
        try:
            yield
        finally:
            _BOUND._get_loop = old
            self.undo()

    def undo(self) -> None:
        """Have all that was bound since belong to no loop."""
        while self._bound:
            self._bound.pop()._loop = None
