"""Work that tasks of a shared event loop hand to threads by anyio, as FastAPI does for every plain ``def``.

anyio's threads were there before, and are there afterwards: each piece of work is a lane of its operation only until
the loop has heard what came of it.
"""

from __future__ import annotations

import asyncio
import sys
from _thread import get_ident
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from importlib import import_module
from queue import Queue
from typing import Any

from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, Lane, closed_gate
from dryfit.probes.schedule.round import Round

Lend = Callable[[Round, Lane, Callable[[], Any]], Any]
RunSync = Callable[..., Awaitable[Any]]

GRACE = 1.0
"""Seconds in which a thread takes up what it was given."""

_NAME = "run_sync_in_worker_thread"
_QUEUE: Any = Queue


def backend() -> Any:
    """The class by which anyio does on asyncio what it does; ``None`` where the program has no anyio."""
    if "anyio" not in sys.modules:
        return None
    return getattr(import_module("anyio._backends._asyncio"), "AsyncIOBackend", None)


class RunsSync:
    """Replaces anyio's way to run something in a thread for a time; ``around`` makes ours of its own."""

    def __init__(self, around: Callable[[RunSync], RunSync]) -> None:
        self._around = around
        self._backend: Any = None
        self._old: Any = None

    def put_in(self) -> None:
        """Have it known."""
        self._backend = backend()
        if self._backend is not None:
            self._old = vars(self._backend)[_NAME]
            setattr(self._backend, _NAME, classmethod(self._around(self._old.__func__)))

    def take_out(self) -> None:
        """Have it as it was."""
        if self._backend is not None:
            setattr(self._backend, _NAME, self._old)


class Guest:
    """A piece of work, called by anyio's thread as the program's function would be: it begins when it is its turn."""

    def __init__(self, round_: Round, worker: int, do: Callable[..., Any], guests: Guests) -> None:
        self.has_come = closed_gate()
        self._round = round_
        self._worker = worker
        self._do = do
        self._guests = guests

    def __call__(self, *values: Any) -> Any:
        """Do it, in a lane of its own."""
        self._guests.known(get_ident())
        try:
            lane = self._round.hire(self._worker)
            RELEASE(self.has_come)
            ACQUIRE(lane.gate)
            return self._guests.lend(self._round, lane, lambda: self._do(*values))
        except BrokenOff:
            # To whom the task belongs a mere exception would end everything: a portal of anyio's closes.
            raise asyncio.CancelledError from None


class Guests:
    """Has what tasks of shared loops hand to anyio's threads done in turn.

    ``lend`` does something in a lane, ``finish`` ends a lane of the running thread, ``known`` is told the number of a
    thread. ``telling`` are the lanes whose work is done, of which the loop is about to hear, by the numbers of threads.
    """

    def __init__(
        self,
        governor: Governor,
        lend: Lend,
        finish: Callable[[Round, Lane], None],
        known: Callable[[int], None],
    ) -> None:
        self.known = known
        self.telling: dict[int, Here] = {}
        self._governor = governor
        self._lend = lend
        self._finish = finish
        self._runs = RunsSync(self._governed)
        self._put_nowait = _QUEUE.put_nowait

    def put_in(self) -> None:
        """Have them known."""
        self._runs.put_in()
        self._put_nowait, _QUEUE.put_nowait = _QUEUE.put_nowait, self._handing_over()

    def take_out(self) -> None:
        """Have them as they were."""
        self._runs.take_out()
        _QUEUE.put_nowait = self._put_nowait

    def forget(self) -> None:
        """What was handed over is over."""
        self.telling.clear()

    def lend(self, round_: Round, lane: Lane, do: Callable[[], Any]) -> Any:
        """Do something in a lane of this thread, which ends when the loop has heard of it, or with the round."""
        try:
            return self._lend(round_, lane, do)
        finally:
            if round_.ending is None:
                lane.is_inside = True
                self.telling[get_ident()] = round_, lane
            else:
                self._finish(round_, lane)

    def told(self, here: Here) -> None:
        """The loop has heard of it."""
        self._finish(*here)

    def _governed(self, really: RunSync) -> RunSync:
        governor = self._governor

        async def run_sync(cls: Any, function: Any, *values: Any, **options: Any) -> Any:
            giver = governor.giver()
            work = function if giver is None else Guest(*giver, function, self)
            return await really(cls, work, *values, **options)

        return run_sync

    def _handing_over(self) -> Callable[[Any, Any], None]:
        really = self._put_nowait

        def put_nowait(queue: Any, item: Any) -> None:
            guest = (
                next((each for each in item if type(each) is Guest), None) if type(item) is tuple else None
            )
            here = self._governor.here() if guest is not None else None
            with self._governor.ungoverned(here) if here is not None else nullcontext():
                really(queue, item)
            if guest is not None:
                ACQUIRE(guest.has_come, True, GRACE)

        return put_nowait
