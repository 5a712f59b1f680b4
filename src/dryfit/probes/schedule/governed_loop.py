"""The running event loop while some of its tasks are governed: their steps and timers come to the controller."""

from __future__ import annotations

import asyncio
from asyncio.futures import _set_result_unless_cancelled as wake_sleeper  # type: ignore[attr-defined]
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from sys import _getframe
from typing import Any, Protocol

from dryfit.probes.schedule.task_lane import WORKER, TaskLane, Timer

TASKS: tuple[type[asyncio.Task[Any]], ...] = (asyncio.Task, asyncio.tasks._PyTask)  # type: ignore[attr-defined]


class Governor(Protocol):
    """Whom the loop tells of governed tasks."""

    is_over: bool
    lanes: list[TaskLane]

    def came(self, lane: TaskLane) -> None:
        """A step of a task may be made."""


class GovernedLoop:
    """Stands in for some methods of an event loop, as attributes of the object, for one interleaving.

    What belongs to no operation is left to the loop, and so is every callback that is no step of a task: it runs before
    another choice is made. ``passed`` counts these, but for anyio's cancelling, which has itself called as long as
    no step is made. ``made`` says for each future of an operation which module made it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, governor: Governor) -> None:
        self.loop = loop
        self.passed = 0
        self.made: dict[asyncio.Future[Any], str] = {}
        self._soon, self._later, self._at = loop.call_soon, loop.call_later, loop.call_at
        self._time = loop.time
        self._future = loop.create_future
        self._governor = governor
        self._lanes = governor.lanes
        self._context = copy_context()
        self._repeated: list[asyncio.Handle] = []

    def soon(self, callback: Callable[[], object]) -> None:
        """Have something of the controller's own called, which belongs to no operation."""
        self._soon(callback, context=self._context)

    def after(self, seconds: float, callback: Callable[[], object]) -> None:
        """Have something of the controller's own called later, in real time."""
        self._at(self._time() + seconds, callback, context=self._context)

    @contextmanager
    def instead(self) -> Iterator[None]:
        """Stand in for the loop's own methods."""
        own = vars(self.loop)
        ours: dict[str, Callable[..., Any]] = {
            "call_soon": self.call_soon,
            "call_later": self.call_later,
            "call_at": self.call_at,
            "create_future": self.create_future,
            "time": self.time,
        }
        before = {name: own[name] for name in ours if name in own}
        own.update(ours)
        try:
            yield
        finally:
            for name in ours:
                del own[name]
            own.update(before)
            self.repeat()

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Take the step of a governed task; leave all else to the loop."""
        task = getattr(callback, "__self__", None)
        if isinstance(task, TASKS) and context is not None and not self._governor.is_over:
            worker = context.get(WORKER, -1)
            if worker >= 0:
                handle = asyncio.Handle(callback, args, self.loop, context)
                lane = self._lanes[worker]
                lane.ready.append((handle, task))
                self._governor.came(lane)
                return handle
        if not self._governor.is_over and WORKER.get() >= 0 and _cancels_again():
            handle = asyncio.Handle(callback, args, self.loop, context)
            self._repeated.append(handle)
            return handle
        self.passed += 1
        return self._soon(callback, *args, context=context)

    def repeat(self) -> None:
        """A step was made: let anyio's cancelling look once whether more is to be cancelled."""
        repeated, self._repeated = self._repeated, []
        for handle in repeated:
            if not handle.cancelled():
                handle._run()

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Take the timer of a governed task, by its own clock; leave all else to the loop."""
        if WORKER.get() < 0:
            return self._later(delay, callback, *args, context=context)
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Take the timer of a governed task; leave all else to the loop."""
        worker = WORKER.get()
        if worker < 0:
            return self._at(when, callback, *args, context=context)
        timer = Timer(when, callback, args, self.loop, context)
        if self._governor.is_over:
            self.soon(timer._run)  # what is broken off need not wait
        else:
            lane = self._lanes[worker]
            (lane.sleeps if callback is wake_sleeper else lane.guards).add(when, timer)
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        """Note who made the future of a governed task."""
        future = self._future()
        if WORKER.get() >= 0:
            self.made[future] = _getframe(1).f_globals.get("__name__", "")
        return future

    def time(self) -> float:
        """The clock of the operation that asks, which goes on by its sleeps alone; the loop's own for all else."""
        worker = WORKER.get()
        return self._time() if worker < 0 else self._lanes[worker].clock


_RUN = asyncio.Handle._run.__code__
_CANCELS = "CancelScope._deliver_cancellation"


def _cancels_again() -> bool:
    """Whether anyio, run by the loop, asks to be called again and again until the tasks of a scope have ended."""
    asking = _getframe(2)
    is_run = asking.f_back is not None and asking.f_back.f_code is _RUN
    return is_run and asking.f_code.co_qualname == _CANCELS
