"""asyncio's loops that run in the threads of operations: awaits are switch points, and no time passes there."""

from __future__ import annotations

import asyncio
from asyncio import base_events
from asyncio.futures import _set_result_unless_cancelled as wake_sleeper  # type: ignore[attr-defined]
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from dryfit.model.seam import Place
from dryfit.probes.schedule.governed import Governor, Here, nobody
from dryfit.probes.schedule.lane import Deed, Wait
from dryfit.probes.schedule.task_waits import stand

_LOOP: Any = base_events.BaseEventLoop


class Loops:
    """Governs loops of which each belongs to one operation; where one has nothing at all to do ``Selects`` does.

    Before the components' own code goes on after an await others may. The clock of a loop goes ahead: for a sleep as
    soon as the operation is chosen, for any other timer where nobody else can go on. While a driver's call is awaited
    the loop is left alone.
    """

    def __init__(self, governor: Governor, place: Callable[[FrameType], Place | None]) -> None:
        self._governor = governor
        self._place = place
        self._ahead: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._slept: WeakSet[Any] = WeakSet()
        self._run_once, self._time = _LOOP._run_once, _LOOP.time

    def put_in(self) -> None:
        """Have them known."""
        self._run_once, self._time = _LOOP._run_once, _LOOP.time
        _LOOP._run_once, _LOOP.time = self._governed_run(), self._governed_time()

    def take_out(self) -> None:
        """Have them as they were."""
        _LOOP._run_once, _LOOP.time = self._run_once, self._time

    def forget(self) -> None:
        """There is nothing to forget: a loop that is still there keeps its clock."""

    def _governed_time(self) -> Callable[[Any], float]:
        ahead, time = self._ahead, self._time

        def now(loop: Any) -> float:
            return float(time(loop)) + ahead.get(loop, 0.0)

        return now

    def _governed_run(self) -> Callable[[Any], None]:
        governor, run_once = self._governor, self._run_once

        def run(loop: Any) -> None:
            here = governor.here()
            if here is not None and here[0].ending is None and not (here[1].is_calling or here[1].pending):
                self._before(here, loop)
            run_once(loop)

        return run

    def _before(self, here: Here, loop: Any) -> None:
        if loop in self._slept:
            self._slept.discard(loop)  # others could go on before it was woken
        elif not (loop._ready or loop._stopping or _hears(loop)):
            self._pass_time(here, loop)
        elif deed := self._deed(handle._callback for handle in loop._ready):
            here[0].park(here[1], deed)

    def _deed(self, callbacks: Iterable[object]) -> Deed | None:
        """What the components' own code is about to go on with; of several tasks the first one's."""
        for callback in callbacks:
            task = getattr(callback, "__self__", None)
            if isinstance(task, asyncio.Task) and getattr(task.get_coro(), "cr_suspended", False):
                what, place, _ = stand(task, self._place)
                if place is not None:
                    return Deed("await", what, place)
        return None

    def _pass_time(self, here: Here, loop: Any) -> None:
        round_, lane = here
        timers = [timer for timer in loop._scheduled if not timer.cancelled()]
        if not timers:
            return
        first = min(timers, key=lambda timer: float(timer.when()))
        if first._callback is wake_sleeper:
            woken = self._deed(callback for callback, _ in first._args[0]._callbacks or ())
            round_.pause(lane, replace(woken or Deed("await", "sleep"), is_pause=True))
            self._slept.add(loop)
        elif round_.wait(lane, Wait("event loop", lambda: _is_due(loop), nobody, is_timed=True)):
            return
        self._ahead[loop] = self._ahead.get(loop, 0.0) + max(first.when() - loop.time(), 0.0)


def _is_due(loop: Any) -> bool:
    return bool(loop._ready) or _hears(loop)


def _hears(loop: Any) -> bool:
    """Whether something has come in over a socket, or from another thread."""
    return bool(loop._selector.select(0))
