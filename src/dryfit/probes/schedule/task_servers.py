"""The driver calls of tasks that are under way, and what servers say of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from dryfit.model.interleaving import Backend, Backends, Ending, Step
from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.lane import Deed
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.task_lane import Call, TaskLane

FIRST, LAST = 0.0005, 0.02
"""Seconds until servers are asked about a call, and at most between two questions: what is concluded from the answers
does not depend on it."""


class Asking(Protocol):
    """Who makes the choices."""

    record: Record
    is_over: bool

    def due(self) -> None:
        """Have the next choice made."""

    def end(self, ending: Ending, said: str) -> None:
        """The interleaving is over."""


class Servers:
    """Knows which calls wait inside of a server, by what it says.

    ``held`` are the lanes that used a server's process last.
    """

    def __init__(self, backends: Backends, loop: GovernedLoop, round_: Asking) -> None:
        self.held: dict[Backend, TaskLane] = {}
        self.backends = backends
        self._loop = loop
        self._round = round_
        self._calls: list[Call] = []
        self._over = self._asked = self._waits = 0
        self._is_watching = False
        self._pause = FIRST

    def go_in(self, lane: TaskLane, connection: object, deed: Deed) -> Call:
        """A call begins."""
        backend = self.backends.backend(connection)
        if backend is not None:
            self.held[backend] = lane
        call = Call(lane, deed, backend, asyncio.current_task())
        self._calls.append(call)
        lane.calls.append(call)
        return call

    def outdate(self) -> None:
        """What was said is not to be relied on any more."""
        self._over += 1

    def come_back(self, call: Call) -> None:
        """A call is over."""
        self._over += 1
        self._calls.remove(call)
        call.lane.calls.remove(call)
        call.lane.waits = False

    def are_clear(self) -> bool:
        """Whether every call that is under way is known to wait inside of a server; if not, this will be due again."""
        if not self._calls:
            return True
        if self._over != self._asked and any(call.is_blocked for call in self._calls):
            self._ask()
        if all(call.is_blocked for call in self._calls):
            return True
        if not self._is_watching:
            self._is_watching, self._pause = True, FIRST
            self._loop.after(FIRST, self._look)
        return False

    def _look(self) -> None:
        self._is_watching = False
        if self._round.is_over or all(call.is_blocked for call in self._calls):
            return
        self._ask()
        if all(call.is_blocked for call in self._calls):
            self._round.due()
            return
        self._is_watching, self._pause = True, min(2 * self._pause, LAST)
        self._loop.after(self._pause, self._look)

    def _ask(self) -> None:
        self._asked = self._over
        asked = [call.backend for call in self._calls if call.backend is not None]
        answer: Mapping[Backend, tuple[Backend, ...]] = {}
        try:
            if asked:
                answer = self.backends.blockers(asked)
        except Exception as error:  # noqa: BLE001 - of a server that is gone, whatever it raises
            self._round.end("stuck", f"a server does not tell who waits: {error}")
        for call in self._calls:
            if call.is_victim:
                continue
            by = answer.get(call.backend, ()) if call.backend is not None else ()
            if by and (not call.is_blocked or by != call.by):
                self._waits += 1
                call.since = self._waits
                self._round.record.add(_blocked(call, self.workers(by)))
            call.is_blocked, call.by = bool(by), by
            call.was_blocked |= call.is_blocked

    def workers(self, backends: Collection[Backend]) -> tuple[int, ...]:
        """The operations that use these processes of the server."""
        return tuple(sorted({self.held[each].worker for each in backends if each in self.held}))

    def free(self, lanes: Collection[TaskLane]) -> bool:
        """End the statement of one of those that wait in a circle; false where other things than servers are in it.

        It is the one that has waited longest: a server looks for deadlocks some time after a wait began.
        """
        calls = [call for lane in lanes for call in lane.calls]
        if len(calls) < len(lanes) or any(len(lane.calls) > 1 or lane.left()[1:] for lane in lanes):
            return False
        if any(call.is_victim for call in calls):
            return True
        victim = min(calls, key=lambda call: call.since)
        if victim.backend is None:
            return False
        victim.is_victim, victim.is_blocked = True, False
        self._round.record.add(Step(victim.lane.worker, "victim", victim.deed.what, victim.deed.place))
        self.backends.cancel(victim.backend)
        return True

    def cancel(self) -> None:
        """End all statements that wait."""
        for call in self._calls:
            if call.is_blocked and call.backend is not None:
                self.backends.cancel(call.backend)


def _blocked(call: Call, by: tuple[int, ...]) -> Step:
    return Step(call.lane.worker, "blocked", call.deed.what, call.deed.place, by, in_server=True)
