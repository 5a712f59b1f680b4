"""Event loops that are not asyncio's own: their tasks cannot take turns, which ends an interleaving that needs them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from dryfit.probes.schedule.governed import Governor

FOREIGN = (
    "an operation has tasks in an event loop of uvloop, which cannot take turns"
    ": let the tests use asyncio's own"
)

_NAMES = ("call_soon_threadsafe", "run_forever", "run_until_complete")


def is_foreign(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether it is made by another library."""
    return not isinstance(loop, asyncio.BaseEventLoop)


class ForeignLoops:
    """Notices that operations hand something to uvloop's loops, or run them."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._class: Any = None

    def put_in(self) -> None:
        """Have them known."""
        self._class = getattr(sys.modules.get("uvloop"), "Loop", None)
        if self._class is not None:
            for name in _NAMES:
                setattr(self._class, name, self._governed(getattr(self._class, name)))

    def take_out(self) -> None:
        """Have them as they were: the class inherits all of them."""
        if self._class is not None:
            for name in _NAMES:
                delattr(self._class, name)

    def forget(self) -> None:
        """There is nothing to forget."""

    def _governed(self, really: Callable[..., Any]) -> Callable[..., Any]:
        governor = self._governor

        def governed(loop: Any, *values: Any, **options: Any) -> Any:
            here = governor.here()
            if here is not None and here[0].ending is None:
                here[0].refuse(here[1], FOREIGN)
            return really(loop, *values, **options)

        return governed
