"""The tasks of every event loop."""

from __future__ import annotations

import asyncio
import gc
import sys
from asyncio import base_events
from collections.abc import Iterator
from itertools import chain
from typing import Any
from weakref import WeakSet

ONLY_LOOPS_TELL = sys.version_info >= (3, 14)
"""Before, one set has the tasks of all loops; now a loop has to be known to tell its tasks."""

_Loop: Any = base_events.BaseEventLoop


class LoopTasks:
    """Knows the loops that are there already, and hears of those that are made between ``begin`` and ``end``.

    Where only loops tell their tasks, loops in C that are made meanwhile, such as uvloop's, stay unknown.
    """

    def __init__(self) -> None:
        self._known: WeakSet[asyncio.AbstractEventLoop] | None = None
        self._make: Any = None
        self._listening: Any = None

    def begin(self) -> None:
        """Listen from now on."""
        if not ONLY_LOOPS_TELL:
            return
        if self._known is None:
            self._known = WeakSet(
                each for each in gc.get_objects() if issubclass(type(each), asyncio.AbstractEventLoop)
            )
        known, make = self._known, _Loop.__init__

        def make_and_tell(loop: Any, *values: Any, **named: Any) -> None:
            make(loop, *values, **named)
            known.add(loop)

        self._make, self._listening = make, make_and_tell
        _Loop.__init__ = make_and_tell

    def end(self) -> None:
        """Listen no more."""
        if self._listening is not None and _Loop.__init__ is self._listening:
            _Loop.__init__ = self._make

    def all(self) -> Iterator[asyncio.Task[object]]:
        """Every task that is not done, and maybe some that are."""
        if ONLY_LOOPS_TELL:
            return chain.from_iterable(asyncio.all_tasks(loop) for loop in list(self._known or ()))
        kept: Any = getattr(asyncio.tasks, "_scheduled_tasks", None)
        return iter(list(kept if kept is not None else getattr(asyncio.tasks, "_all_tasks", ())))
