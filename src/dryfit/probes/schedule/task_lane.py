"""One operation among tasks, as the controller sees it: what it can go on with, and what it waits for."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import Any

from dryfit.model.interleaving import Backend
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule.lane import Deed

WORKER: ContextVar[int] = ContextVar("dryfit_worker", default=-1)
"""The operation to which a context belongs; -1 outside of operations, and inside of drivers' calls."""


class Timer(asyncio.TimerHandle):
    """A timer of a governed task: it is no timer of the event loop's, and takes no time."""

    __slots__ = ()

    def cancel(self) -> None:
        """It will not fire; the event loop knows nothing of it."""
        asyncio.Handle.cancel(self)


class Timers:
    """Timers of one operation, the earliest first."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._number = 0

    def add(self, when: float, timer: Timer) -> None:
        """One more."""
        self._number += 1
        heappush(self._heap, (when, self._number, timer))

    def __bool__(self) -> bool:
        """Whether there is one that was not cancelled."""
        while self._heap and self._heap[0][2].cancelled():
            heappop(self._heap)
        return bool(self._heap)

    @property
    def first(self) -> float:
        """When the earliest would fire; infinity where there is none."""
        return self._heap[0][0] if self else inf

    def pop(self) -> tuple[float, Timer]:
        """The earliest."""
        when, _, timer = heappop(self._heap)
        return when, timer


@dataclass(slots=True, eq=False)
class Call:
    """A driver's call that is under way. ``by`` are the processes of the server that it waits for.

    ``since`` is its number among all waits: the one that has waited longest has the lowest.
    """

    lane: TaskLane
    deed: Deed
    backend: Backend | None
    task: asyncio.Task[Any] | None = None
    is_blocked: bool = False
    was_blocked: bool = False
    is_victim: bool = False
    by: tuple[Backend, ...] = ()
    since: int = 0


@dataclass(slots=True, eq=False)
class TaskLane:
    """One operation: ``ready`` are the steps of its tasks that may be made, in asyncio's own order.

    ``awaits`` says where its suspended tasks stand. ``sleeps`` end when the operation goes on, ``guards`` (timeouts)
    only where nothing else can. ``clock`` is what the event loop's clock shows to it. ``waits`` says that it can do
    nothing by itself.
    """

    worker: int
    clock: float
    main: asyncio.Task[object] = field(init=False)
    ready: deque[tuple[asyncio.Handle, asyncio.Task[Any]]] = field(default_factory=deque)
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    deeds: dict[asyncio.Task[Any], Deed] = field(default_factory=dict)
    awaits: dict[asyncio.Task[Any], Place | None] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    sleeps: Timers = field(default_factory=Timers)
    guards: Timers = field(default_factory=Timers)
    has_begun: bool = False
    is_over: bool = False
    is_cut: bool = False
    waits: bool = False
    slept: int = 0

    def outcome(self) -> Outcome | None:
        """What became of the operation; none where it was cut short."""
        if self.is_cut or not self.main.done():
            return None
        try:
            return Returned(self.main.result())
        except BaseException as error:  # noqa: BLE001 - whatever it raises is what came of it
            return Raised(error)

    def is_calling(self, task: asyncio.Task[Any]) -> bool:
        """Whether a task is in a driver's call."""
        return bool(self.calls) and any(call.task is task for call in self.calls)

    def left(self) -> list[asyncio.Task[Any]]:
        """Its tasks that are not over."""
        return [task for task in self.tasks if not task.done()]
