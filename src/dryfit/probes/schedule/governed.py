"""What is common to all of Python's own primitives that the controller knows."""

from __future__ import annotations

import asyncio
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sys import _getframe
from types import FrameType
from typing import TypeVar

from dryfit.model.clock import Clock
from dryfit.model.interleaving import Footprint, Step
from dryfit.probes.schedule.lane import Deed, Lane, Wait, nobody
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.task_lane import WORKER
from dryfit.probes.schedule.uses import Use, Uses

Result = TypeVar("Result")
PATIENCE = 0.25
"""Seconds for which others do not go on while an answer may be under way from outside of all operations."""

Here = tuple[Round, Lane]


class Governor:
    """Has lanes stop before they use a primitive, and where they have to wait for it; that has the given footprint.

    ``loops`` are the event loops that run in no lane, in which operations have tasks. Where it ``touches``, what a
    library uses without a stop is written down, too.
    """

    def __init__(
        self, lanes: dict[int, Here], uses: Uses, footprint: Footprint, *, touches: bool = False
    ) -> None:
        self._lanes = lanes
        self._uses = uses
        self._footprint = footprint
        self._of_room = footprint if footprint.unknown else Footprint(reads=footprint.writes)
        self._touches = touches
        self.loops: dict[asyncio.AbstractEventLoop, Round] = {}

    def forget(self) -> None:
        """Forget what an interleaving has left behind."""
        self._uses.forget()

    def here(self) -> Here | None:
        """The lane of the running thread; ``None`` where it is governed by nobody."""
        found = self._lanes.get(get_ident())
        return None if found is None or found[1].is_inside else found

    def giver(self) -> tuple[Round, int] | None:
        """The operation whose task runs in a shared loop's thread, to hand work to another one."""
        loop, worker = asyncio._get_running_loop(), WORKER.get()
        round_ = self.loops.get(loop) if loop is not None and worker >= 0 else None
        return (round_, worker) if round_ is not None and round_.ending is None else None

    @contextmanager
    def lent(self, here: Here) -> Iterator[None]:
        """The running thread, an event loop's, goes on within in a lane whose own thread waits for it."""
        _, lane = here
        own, lane.ident = lane.ident, get_ident()
        self._lanes[lane.ident] = here
        lane.is_in_loop, lane.is_inside = True, False
        try:
            yield
        finally:
            lane.is_in_loop, lane.is_inside = False, True
            del self._lanes[lane.ident]
            lane.ident = own

    def owns(self, ident: int | None) -> bool:
        """Whether a thread is an operation's, and not one that is lent to it."""
        found = self._lanes.get(ident) if ident is not None else None
        return found is not None and not found[1].is_in_loop

    def use(self, here: Here, used: object, frame: FrameType) -> Use:
        """Who uses a primitive, and for what."""
        here[1].is_inside = True
        try:
            use = self._uses.of(used, frame)
        finally:
            here[1].is_inside = False
        if self._touches and not use.is_private:
            here[0].record.touch(self._of_room if use.has_room else self._footprint)
        return use

    @contextmanager
    def ungoverned(self, here: Here) -> Iterator[None]:
        """What is done within is not governed."""
        here[1].is_inside = True
        try:
            yield
        finally:
            here[1].is_inside = False

    def stop(self, here: Here, use: Use) -> None:
        """Others may go on before the components' own code uses it."""
        round_, lane = here
        if use.is_own and not lane.is_calling and round_.ending is None:
            round_.park(lane, Deed(use.kind, use.what, use.place, self._footprint))

    def wait(
        self,
        here: Here,
        use: Use,
        is_over: Callable[[], bool],
        holder: Callable[[], Lane | None] = nobody,
        *,
        timeout: float | None = None,
        is_outside: bool = False,
    ) -> bool:
        """Have others go on until the wait is over; false where it is given up, as nobody else can go on.

        ``timeout`` are the seconds that have passed for the lane then.
        """
        until = Clock.monotonic() + PATIENCE if is_outside else 0.0
        with self.ungoverned(here):
            place = use.place or self._uses.nearest(_getframe(1))
        footprint = here[0].handing if use.is_private else self._footprint
        wait = Wait(use.what, is_over, holder, timeout is not None, place, footprint, until, use.is_own)
        if here[0].wait(here[1], wait):
            return True
        here[1].skipped += timeout or 0
        return False

    def pause(self, here: Here, what: str, use: Use, seconds: float) -> None:
        """Others may go on; for the lane, this time has passed then."""
        round_, lane = here
        with self.ungoverned(here):
            place = use.place or self._uses.nearest(_getframe(1))
        round_.park(lane, Deed("wait", what, place, is_pause=True))
        lane.skipped += seconds

    def call(self, here: Here, do: Callable[[], Result]) -> Result:
        """Wait for what the first of the driver's calls brings that an event loop awaits."""
        round_, lane = here
        connection, deed = lane.pending[0]
        return round_.within(lane, connection, deed, do)

    def released(self, here: Here, use: Use) -> None:
        """Write down that the components' own code let go of a lock."""
        round_, lane = here
        if not use.is_own or round_.ending is not None:
            return
        round_.record.touch(self._footprint)
        if use.kind == "lock":
            round_.record.add(Step(lane.worker, "release", use.what, use.place))
