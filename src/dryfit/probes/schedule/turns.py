"""Runs operations at once in threads of which one goes on at a time, and lets each switch be chosen."""

from __future__ import annotations

import contextvars
from _thread import get_ident
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol, Self

from dryfit.model.interleaving import ANYTHING, Backends, Choose, Footprint, Interleaving, StepKind
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule.breaking import break_off
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.crew import Crew
from dryfit.probes.schedule.executors import Executors
from dryfit.probes.schedule.governed import Governor, Here, nobody
from dryfit.probes.schedule.lane import Deed, Lane, Wait
from dryfit.probes.schedule.locks import Locks
from dryfit.probes.schedule.queues import Queues, Sleep
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.threads import Threads
from dryfit.probes.schedule.uses import Uses
from dryfit.probes.schedule.watcher import Watcher

_WORKER: contextvars.ContextVar[int] = contextvars.ContextVar("worker", default=-1)


class Primitive(Protocol):
    """Something of Python's own that can be known to the controller."""

    def put_in(self) -> None:
        """Have it known."""

    def take_out(self) -> None:
        """Have it as it was."""

    def forget(self) -> None:
        """Forget what an interleaving has left behind."""


class Turns:
    """The controller of one exploration: ``run`` makes one interleaving of some operations after the other.

    ``limit`` are the seconds that one may take. ``place`` tells where a frame stands in the code of the components, and
    ``None`` for any other code.
    """

    def __init__(
        self, backends: Backends, *, limit: float, place: Callable[[FrameType], Place | None]
    ) -> None:
        self._backends = backends
        self._limit = limit
        self._crew = Crew()
        self._lanes: dict[int, Here] = {}
        governor = Governor(self._lanes, Uses(place))
        self._primitives: tuple[Primitive, ...] = (
            Locks(governor),
            Queues(governor),
            Sleep(governor),
            Threads(governor, self._perform),
            Executors(governor),
        )

    def __enter__(self) -> Self:
        """Have Python's own primitives known."""
        for primitive in self._primitives:
            primitive.put_in()
        return self

    def __exit__(self, *exception: object) -> None:
        """Have them as they were, and end the threads."""
        for primitive in self._primitives:
            primitive.take_out()
        self._crew.dismiss()

    def run(
        self, operations: Sequence[Callable[[], object]], choose: Choose
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        """Run the operations in the order that is chosen, and give what became of each; ``None`` of one cut short."""
        for primitive in self._primitives:
            primitive.forget()
        round_ = Round(self._backends, choose)
        for worker, operation in enumerate(operations):
            self._prepare(round_, worker, operation)
        lanes = tuple(round_.lanes)
        left = self._make(round_)
        for lane in left:
            self._crew.lose(lane.worker)
        if round_.failure is not None:
            raise round_.failure
        ending, said = round_.ending or ("limit", "")
        if left:
            said = f"{said}; a thread of operation {left[0].worker} could not be ended"
        return round_.record.interleaving(ending, said), tuple(lane.outcome for lane in lanes)

    def worker(self) -> int:
        """The number of the operation to which the running code belongs; -1 outside of operations."""
        return _WORKER.get()

    def point(
        self, kind: StepKind, what: str = "", place: Place | None = None, footprint: Footprint = ANYTHING
    ) -> None:
        """A switch point: others may go on before this."""
        round_, lane = self.here()
        if round_ is not None and lane is not None:
            round_.park(lane, Deed(kind, what, place, footprint))

    def call(
        self,
        connection: object,
        kind: StepKind,
        what: str,
        place: Place | None,
        do: Callable[[], object],
        footprint: Footprint = ANYTHING,
    ) -> object:
        """Do a driver's call on a connection: others may go on before it, and while a server has it wait."""
        round_, lane = self.here()
        if round_ is None or lane is None:
            return do()
        return round_.call(lane, connection, Deed(kind, what, place, footprint), do)

    def wait(self, what: str, place: Place | None, is_over: Callable[[], bool]) -> bool:
        """Have others go on until the wait is over; false where none of them can."""
        round_, lane = self.here()
        if round_ is None or lane is None:
            return False
        return round_.wait(lane, Wait(what, is_over, nobody, is_timed=True, place=place))

    def here(self) -> tuple[Round, Lane] | tuple[None, None]:
        """The round and the lane of the running thread; none where it is governed by nobody."""
        found = self._lanes.get(get_ident())
        if found is None or found[1].is_inside or found[1].is_calling:
            return None, None
        return found

    def _prepare(self, round_: Round, worker: int, operation: Callable[[], object]) -> None:
        hand = self._crew.hand(worker)
        lane = Lane(worker, worker, hand.gate)
        round_.lanes.append(lane)
        context = contextvars.copy_context()
        hand.work = lambda: context.run(self._perform, round_, lane, operation)

    def _perform(self, round_: Round, lane: Lane, operation: Callable[[], object]) -> None:
        """Run an operation in the lane of this thread, to which the turn has come."""
        _WORKER.set(lane.worker)
        lane.ident = get_ident()
        self._lanes[lane.ident] = round_, lane
        try:
            if round_.ending is None:
                lane.outcome = _outcome(operation)
        except BrokenOff:
            pass
        finally:
            round_.finish(lane)
            del self._lanes[lane.ident]

    def _make(self, round_: Round) -> Sequence[Lane]:
        """Have the round made by its lanes; gives those that could not be ended."""
        try:
            with round_.mutex:
                round_.go_on()
            Watcher(round_, self._backends, self._limit).watch()
        finally:
            with round_.mutex:
                round_.end("limit", "interrupted")
            left = break_off(round_, self._backends)
            for lane in round_.lanes:
                if not lane.has_begun:
                    self._crew.hand(lane.worker).work = None
        return left


def _outcome(operation: Callable[[], object]) -> Outcome:
    try:
        return Returned(operation())
    except BrokenOff:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it raises is what came of it
        return Raised(error)
