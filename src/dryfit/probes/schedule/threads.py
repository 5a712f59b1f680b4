"""Threads that an operation starts itself: they take turns with all others."""

from __future__ import annotations

import sys
import threading
from _thread import start_new_thread as _start_new_thread
from collections.abc import Callable, Mapping
from functools import partial
from sys import _getframe
from typing import Any
from weakref import WeakKeyDictionary

from dryfit.model.outcome import Raised
from dryfit.probes.schedule.governed import Governor
from dryfit.probes.schedule.lane import ACQUIRE, Lane
from dryfit.probes.schedule.round import Round

_THREAD: Any = threading.Thread
START = _start_new_thread
ANYIO = "anyio._backends._asyncio"
"""Its threads are there for all operations."""

DRIVER = "aiosqlite.core"
"""Its threads are what a server is to other drivers."""

Perform = Callable[[Round, Lane, Callable[[], object]], None]


def is_of_driver(thread: threading.Thread) -> bool:
    """Whether a thread does a driver's work: what operations hand to it is awaited as a call of the driver."""
    target = getattr(thread, "_target", None)
    return DRIVER in (type(thread).__module__, getattr(target, "__module__", ""))


class Threads:
    """Governs ``Thread.start`` and ``Thread.join``, and what begins a thread without such an object.

    ``perform`` runs what a thread is for in its lane, ``known`` is told its number, and ``renewed`` that of a driver's.
    """

    def __init__(
        self,
        governor: Governor,
        perform: Perform,
        known: Callable[[int], None],
        renewed: Callable[[int], None],
    ) -> None:
        self._governor = governor
        self._perform = perform
        self._known = known
        self._renewed = renewed
        self._lanes: WeakKeyDictionary[threading.Thread, Lane] = WeakKeyDictionary()
        self._start, self._join = _THREAD.start, _THREAD.join
        self._bare = self._governed_bare()

    def put_in(self) -> None:
        """Have them known."""
        self._start, self._join = _THREAD.start, _THREAD.join
        _THREAD.start, _THREAD.join = self._governed_start(), self._governed_join()
        self._replace_bare(START, self._bare)

    def take_out(self) -> None:
        """Have them as they were."""
        _THREAD.start, _THREAD.join = self._start, self._join
        self._replace_bare(self._bare, START)

    def forget(self) -> None:
        """The threads of an interleaving are over with it."""
        self._lanes.clear()

    def _governed_start(self) -> Callable[[threading.Thread], None]:
        governor, start = self._governor, self._start

        def governed(thread: threading.Thread) -> None:
            here, giver = governor.here(), governor.giver()
            is_anyio = type(thread).__module__ == ANYIO
            is_driver_s = is_of_driver(thread)
            if here is not None and (is_driver_s or (here[1].is_in_loop and is_anyio)):
                with governor.ungoverned(here):
                    start(thread)
            elif here is not None and thread not in self._lanes:
                with governor.ungoverned(here):
                    self._begin(here[0], here[1].worker, thread, start)
            elif giver is not None and not is_anyio and not is_driver_s:
                self._begin(*giver, thread, start)
            else:
                start(thread)
            if is_driver_s:
                self._renewed(thread.ident or 0)

        return governed

    def _begin(
        self, round_: Round, worker: int, thread: threading.Thread, start: Callable[[threading.Thread], None]
    ) -> None:
        lane = self._prepare(round_, worker, thread)
        start(thread)
        self._known(thread.ident or 0)
        round_.join_in(lane)

    def _prepare(self, round_: Round, worker: int, thread: threading.Thread) -> Lane:
        lane = self._lanes[thread] = round_.lane_for(worker)
        run = thread.run

        def in_turn() -> None:
            del vars(thread)["run"]
            self._in_lane(round_, lane, run)

        vars(thread)["run"] = in_turn
        return lane

    def _governed_bare(self) -> Callable[..., int]:
        governor = self._governor

        def start_new_thread(
            function: Callable[..., object],
            values: tuple[Any, ...],
            named: Mapping[str, Any] | None = None,
            /,
        ) -> int:
            here = governor.here()
            giver = governor.giver() if here is None else (here[0], here[1].worker)
            if giver is None:
                return START(function, values, dict(named or {}))
            round_, worker = giver
            lane = round_.lane_for(worker)
            ident = START(self._in_lane, (round_, lane, partial(function, *values, **(named or {}))))
            self._known(ident)
            round_.join_in(lane)
            return ident

        return start_new_thread

    def _in_lane(self, round_: Round, lane: Lane, do: Callable[[], object]) -> None:
        ACQUIRE(lane.gate)
        self._perform(round_, lane, do)
        if isinstance(lane.outcome, Raised):
            lane.outcome.unwrap()  # for the thread's own hook

    @staticmethod
    def _replace_bare(old: object, new: object) -> None:
        """Wherever a module of the program's has it under its own name."""
        for module in tuple(sys.modules.values()):
            names = getattr(module, "__dict__", {})
            if names.get("start_new_thread") is old and not module.__name__.startswith("dryfit."):
                names["start_new_thread"] = new

    def _governed_join(self) -> Callable[..., None]:
        governor, join = self._governor, self._join

        def governed(thread: threading.Thread, timeout: float | None = None) -> None:
            here = governor.here()
            lane = self._lanes.get(thread)
            if here is None or lane is None:
                join(thread, timeout)
                return
            use = governor.use(here, thread, _getframe(1))
            governor.stop(here, use)
            is_over = lane.state == "done" or governor.wait(
                here, use, lambda: lane.state == "done", lambda: lane, timeout=timeout
            )
            if is_over:
                with governor.ungoverned(here):
                    join(thread)

        return governed
