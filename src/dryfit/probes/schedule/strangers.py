"""Tasks of an event loop that belong to no operation: they may be about to end a wait of one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

from dryfit.model.clock import Clock
from dryfit.probes.schedule.task_waits import awaited, frames_of, is_of_driver, origin

PATIENCE = 1.0
"""Seconds after which a task is taken for one that always waits for something from outside."""

Task = asyncio.Task[Any]


class Strangers:
    """Says whether none of them waits for a server, as the worker of a pool does that connects.

    One that always does is not waited for again.
    """

    def __init__(self) -> None:
        self._since: WeakKeyDictionary[Task, float] = WeakKeyDictionary()

    def are_idle(self, loop: asyncio.AbstractEventLoop, own: Collection[Task]) -> bool:
        """Whether nothing will come of the tasks of a loop, other than the operations' own, but by what these do."""
        busy = [task for task in asyncio.all_tasks(loop) if task not in own and self._is_busy(task)]
        return not busy

    def _is_busy(self, task: Task) -> bool:
        if not _waits_outside(task):
            self._since.pop(task, None)
            return False
        return Clock.monotonic() - self._since.setdefault(task, Clock.monotonic()) < PATIENCE


def _waits_outside(task: Task) -> bool:
    modules = [str(frame.f_globals.get("__name__")) for frame in frames_of(task)]
    return any(map(is_of_driver, modules)) or any(origin("", task) == "outside" for _ in awaited(task))
