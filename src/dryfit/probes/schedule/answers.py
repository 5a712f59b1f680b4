"""Answers from outside of the program that an operation awaits in an event loop: sockets are real."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from dryfit.model.clock import Clock
from dryfit.probes.schedule.task_lane import TaskLane
from dryfit.probes.schedule.task_waits import awaited, comes_over_socket

PATIENCE = 1.0
"""Seconds after which an answer is taken for one that somebody else has to be let go on for, or that never comes."""

Future = asyncio.Future[Any]


class Answer(NamedTuple):
    """What a task awaits; others do not go on until then, for it may come."""

    until: float
    task: asyncio.Task[Any]


class Answers:
    """Knows those that tasks of one loop await; ``made`` says which module made a future."""

    def __init__(self, loop: asyncio.AbstractEventLoop, made: Mapping[Future, str]) -> None:
        self._loop = loop
        self._made = made
        self._since: WeakKeyDictionary[Future, float] = WeakKeyDictionary()

    def under_way(self, tasks: TaskLane) -> Answer | None:
        """The one of an operation that others are kept back for the longest; ``None`` where it awaits none.

        One that is awaited for long already, as that of a task which reads for ever, keeps nobody back again.
        """
        if not self._has_sockets():
            return None
        now = Clock.monotonic()
        found = [
            Answer(self._since.setdefault(future, now) + PATIENCE, task)
            for task in tasks.left()
            for future in awaited(task)
            if comes_over_socket(future, self._made.get(future, ""), task)
        ]
        return max(found, key=lambda each: each.until, default=None)

    def _has_sockets(self) -> bool:
        selector: Any = getattr(self._loop, "_selector", None)
        return selector is None or len(selector.get_map() or ()) > 1  # one is for waking the loop
