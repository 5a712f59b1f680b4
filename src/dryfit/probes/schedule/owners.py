"""Which operation holds an ``asyncio.Lock``: a lock itself does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

from dryfit.probes.schedule.task_lane import WORKER


class Owners:
    """``of`` are the locks that are held, with the operations that hold them."""

    def __init__(self) -> None:
        self.of: dict[asyncio.Lock, int] = {}
        self._acquire = asyncio.Lock.acquire
        self._release = asyncio.Lock.release

    def watch(self) -> None:
        """From now on note who takes a lock."""
        owners, acquire, release = self.of, self._acquire, self._release

        async def noted(lock: asyncio.Lock, taking: Coroutine[Any, Any, Literal[True]]) -> Literal[True]:
            taken = await taking
            owners[lock] = WORKER.get()
            return taken

        def take(lock: asyncio.Lock) -> Coroutine[Any, Any, Literal[True]]:
            return noted(lock, acquire(lock))

        def let_go(lock: asyncio.Lock) -> None:
            release(lock)
            owners.pop(lock, None)

        asyncio.Lock.acquire = take  # type: ignore[method-assign, assignment]
        asyncio.Lock.release = let_go  # type: ignore[method-assign, assignment]

    def unwatch(self) -> None:
        """Leave locks as they were."""
        asyncio.Lock.acquire = self._acquire  # type: ignore[method-assign]
        asyncio.Lock.release = self._release  # type: ignore[method-assign]
