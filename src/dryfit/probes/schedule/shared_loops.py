"""Finds event loops that were there before, in which operations have tasks."""

from __future__ import annotations

import asyncio
import contextvars
from _thread import get_ident, start_new_thread
from asyncio import base_events
from collections.abc import Callable
from types import FrameType
from typing import Any

from dryfit.model.seam import Place
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.guests import Guests
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE, Lane, closed_gate
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.shared_loop import SOON, SharedLoop
from dryfit.probes.schedule.strangers import Strangers
from dryfit.probes.schedule.task_lane import WORKER

_LOOP: Any = base_events.BaseEventLoop

GUESTS = (
    "an operation calls a driver in a thread that cannot take turns"
    ": let it be a thread of `threading`, of a ThreadPoolExecutor, or of anyio"
)

GRACE = 1.0
"""Seconds in which a loop has to come back from what it does."""


class SharedLoops:
    """Finds such loops: an operation hands something to one that runs in a thread which is no operation's."""

    def __init__(
        self,
        governor: Governor,
        place: Callable[[FrameType], Place | None],
        perform: Callable[[Round, Lane, Callable[[], object]], None],
        known: Callable[[int], None],
        guests: Guests,
    ) -> None:
        self._governor = governor
        self._guests = guests
        self._place = place
        self._perform = perform
        self._known = known
        self._loops: dict[asyncio.AbstractEventLoop, SharedLoop] = {}
        self._strangers = Strangers()

    def put_in(self) -> None:
        """Have them known."""
        _LOOP.call_soon_threadsafe = self._governed()

    def take_out(self) -> None:
        """Have them as they were."""
        _LOOP.call_soon_threadsafe = SOON
        self.forget()

    def let_go(self) -> None:
        """The round is over: what its operations have in loops comes to its end as it would by itself."""
        for shared in tuple(self._loops.values()):
            shared.let_go()

    def cancel(self) -> None:
        """It does not, or waits for what was broken off."""
        for shared in tuple(self._loops.values()):
            shared.cancel()

    def forget(self) -> None:
        """All operations are over, and what is left of them in loops has to be."""
        for gone in [shared.cancel() for shared in self._loops.values()]:
            ACQUIRE(gone, True, GRACE)
        self._loops.clear()
        self._governor.loops.clear()

    def are_idle(self) -> bool:
        """Whether nothing will come of other tasks in such loops but by what operations do."""
        return all(shared.are_idle(self._strangers) for shared in tuple(self._loops.values()))

    def of_running(self) -> SharedLoop | None:
        """The one that runs in this thread."""
        loop = asyncio._get_running_loop()
        return self._loops.get(loop) if loop is not None and WORKER.get() >= 0 else None

    def _governed(self) -> Callable[..., asyncio.Handle]:
        governor = self._governor

        def hand_over(loop: Any, callback: Any, *values: Any, context: Any = None) -> asyncio.Handle:
            telling = self._guests.telling.pop(get_ident(), None)
            if telling is not None:
                return self._tell(telling, loop, lambda: SOON(loop, callback, *values, context=context))
            here = governor.here()
            is_governed = here is not None and not here[1].is_calling and here[0].ending is None
            is_own = loop is asyncio._get_running_loop() or governor.owns(loop._thread_id)
            if here is None or not is_governed or is_own:
                return _handle(SOON(loop, callback, *values, context=context))
            with governor.ungoverned(here):
                self._join(here[0], here[1].worker, loop)
                return self._loops[loop].tell(lambda: SOON(loop, callback, *values, context=context))

        return hand_over

    def _tell(
        self, here: Here, loop: asyncio.AbstractEventLoop, soon: Callable[[], asyncio.Handle]
    ) -> asyncio.Handle:
        """Have a loop hear what came of a guest's work, and let others go on."""
        shared = self._loops.get(loop)
        try:
            return soon() if shared is None else shared.tell(soon)
        finally:
            self._guests.told(here)

    def _join(self, round_: Round, worker: int, loop: asyncio.AbstractEventLoop) -> None:
        if loop not in self._loops:
            self._loops[loop] = SharedLoop(loop, round_, self._place, self._governor.lent)
            self._governor.loops[loop] = round_
        shared = self._loops[loop]
        if worker in shared.serving:
            return
        lane = shared.serving[worker] = Lane(worker, len(round_.lanes))
        lane.state, lane.wait = "waiting", shared.idle(shared.lanes[worker])
        begun = closed_gate()

        def serve() -> None:
            self._known(get_ident())
            RELEASE(begun)
            ACQUIRE(lane.gate)
            self._perform(round_, lane, lambda: shared.serve(lane))

        start_new_thread(contextvars.Context().run, (serve,))
        ACQUIRE(begun)
        round_.join_in(lane)


def _handle(made: Any) -> asyncio.Handle:
    handle: asyncio.Handle = made
    return handle


def is_guest() -> bool:
    """Whether the running thread works for an operation, by the context that it was given, and runs no event loop."""
    return WORKER.get() >= 0 and asyncio._get_running_loop() is None
