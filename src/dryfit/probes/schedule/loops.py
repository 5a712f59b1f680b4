"""asyncio's loops that run in the threads of operations: the awaits of the components' own code are switch points."""

from __future__ import annotations

import asyncio
from asyncio import base_events
from collections.abc import Callable
from types import FrameType
from typing import Any
from weakref import WeakSet

from dryfit.model.seam import Place
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.lane import Deed
from dryfit.probes.schedule.task_waits import stand

_LOOP: Any = base_events.BaseEventLoop


class Loops:
    """Has others go on before a task does that has awaited; where the loop had nothing to do ``Selects`` did that.

    While a driver's call is awaited the loop is left alone.
    """

    def __init__(self, governor: Governor, place: Callable[[FrameType], Place | None]) -> None:
        self._governor = governor
        self._place = place
        self._rested: WeakSet[Any] = WeakSet()
        self._run_once = _LOOP._run_once

    def put_in(self) -> None:
        """Have them known."""
        self._run_once = _LOOP._run_once
        _LOOP._run_once = self._governed()

    def take_out(self) -> None:
        """Have them as they were."""
        _LOOP._run_once = self._run_once

    def forget(self) -> None:
        """The loops of an interleaving are over with it."""
        self._rested.clear()

    def _governed(self) -> Callable[[Any], None]:
        governor, run_once = self._governor, self._run_once

        def run(loop: Any) -> None:
            here = governor.here()
            if here is None or here[0].ending is not None or here[1].is_calling or here[1].pending:
                run_once(loop)
                return
            self._before(here, loop)
            turns = here[1].turns
            run_once(loop)
            if here[1].turns != turns:
                self._rested.add(loop)  # others could go on already

        return run

    def _before(self, here: Here, loop: Any) -> None:
        if loop in self._rested:
            self._rested.discard(loop)
        elif deed := self._deed(loop):
            here[0].park(here[1], deed)

    def _deed(self, loop: Any) -> Deed | None:
        """What the components' own code is about to go on with; of several tasks the first one's."""
        for handle in loop._ready:
            task = getattr(handle._callback, "__self__", None)
            if isinstance(task, asyncio.Task) and getattr(task.get_coro(), "cr_suspended", False):
                at = stand(task, self._place)
                if at.place is not None:
                    return Deed("resumed", at.way, at.place)
        return None
