"""Runs operations at once in threads of which one goes on at a time, and lets each switch be chosen."""

from __future__ import annotations

import contextvars
import sys
from _thread import get_ident
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from types import FrameType
from typing import Self, TypeVar

from dryfit.model.interleaving import ANYTHING, Backends, Choose, Footprint, Interleaving, StepKind
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule.breaking import break_off
from dryfit.probes.schedule.broken_off import BrokenOff, broken_off
from dryfit.probes.schedule.crew import Crew
from dryfit.probes.schedule.governed import Governor, Here
from dryfit.probes.schedule.guests import Guests
from dryfit.probes.schedule.hearing import Hearing
from dryfit.probes.schedule.interrupts import Interrupts
from dryfit.probes.schedule.lane import BEGIN, Deed, Lane, Wait, nobody
from dryfit.probes.schedule.lines import Lines, traced
from dryfit.probes.schedule.narrator import Narrator
from dryfit.probes.schedule.outsiders import Outsiders
from dryfit.probes.schedule.primitives import Primitive, primitives
from dryfit.probes.schedule.round import Round, Touched
from dryfit.probes.schedule.shared_loops import GUESTS, SharedLoops, is_guest
from dryfit.probes.schedule.task_lane import WORKER
from dryfit.probes.schedule.uses import Uses
from dryfit.probes.schedule.watcher import Watcher

if sys.version_info >= (3, 12):
    from dryfit.probes.schedule.monitored import Monitored

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Result = TypeVar("Result")

_PRIMITIVE = Footprint(writes=frozenset({"primitive"}))
"""Python's primitives are not told apart. What is done between two of them shows only where lines are switch points."""


class Turns:
    """The controller of one exploration: ``run`` makes one interleaving of some operations after the other.

    ``limit`` are the seconds that one may take. ``place`` tells where a frame stands in the code of the components, and
    ``None`` for any other code. Where ``lines`` is given, lines that touch shared objects are switch points too, in the
    files of which it says that they are the components'. ``are_told`` says that calls tell what they touch, and that
    what is done between them touches nothing that others see, but for Python's own primitives. ``relent`` is as an
    ``Order`` has it.
    """

    def __init__(
        self,
        backends: Backends,
        *,
        limit: float,
        place: Callable[[FrameType], Place | None],
        lines: Callable[[str], bool] | None = None,
        are_told: bool = False,
        relent: Callable[[], bool] = bool,
    ) -> None:
        self._backends = backends
        self._limit = limit
        self._relent = relent
        self._place = place
        self._lanes: dict[int, Here] = {}
        self._round: Round | None = None
        self._narrator: Narrator | None = None
        self._interrupts = Interrupts()
        self._outsiders = Outsiders(self._lanes)
        self._crew = Crew(self._outsiders.leave_out)
        is_known = are_told or lines is not None
        self._began = Deed("began", footprint=Footprint()) if is_known else BEGIN
        governor = self._governor = Governor(
            self._lanes, Uses(place), _PRIMITIVE if is_known else ANYTHING, touches=are_told
        )
        self._lines = Lines(governor, place, lines) if lines is not None else None
        self._hearing = _hearing(self._lines) if self._lines is not None else None
        known = self._outsiders.leave_out_once
        guests = Guests(governor, self._lend, self._finish, known)
        self._shared = SharedLoops(governor, place, self._perform, known, guests)
        self._primitives: tuple[Primitive, ...] = (
            self._shared,
            guests,
            *primitives(governor, place, self._perform, known, self._outsiders.renew),
        )

    def __enter__(self) -> Self:
        """Have Python's own primitives known."""
        self._interrupts.put_in()
        self._outsiders.begin()
        for primitive in self._primitives:
            primitive.put_in()
        if self._hearing is not None:
            self._hearing.put_in()
        return self

    def __exit__(self, *exception: object) -> None:
        """Have them as they were, and end the threads."""
        if self._hearing is not None:
            self._hearing.take_out()
        for primitive in self._primitives:
            primitive.take_out()
        self._crew.dismiss()
        self._interrupts.take_out()

    def run(
        self,
        operations: Sequence[Callable[[], object]],
        choose: Choose,
        narrator: Narrator | None = None,
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        """Run the operations in the order that is chosen, and give what became of each; ``None`` of one cut short.

        A ``narrator`` tells what they read and write in memory meanwhile. Ctrl-C ends it.
        """
        if narrator is None:
            return self._run(operations, choose)
        self._narrator = narrator
        try:
            with narrator.listening():
                interleaving, outcomes = self._run(operations, choose)
        finally:
            self._narrator = None
        return narrator.told(interleaving), outcomes

    def _run(
        self, operations: Sequence[Callable[[], object]], choose: Choose
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        self._interrupts.heed()
        self._governor.forget()
        self._outsiders.forget()
        for primitive in self._primitives:
            primitive.forget()
        self._outsiders.leave_out(get_ident())
        round_ = Round(self._backends, choose, self._are_idle, self._relent, self._began.footprint)
        if self._narrator is not None:
            round_.record.narrated(self._narrator)
        for worker, operation in enumerate(operations):
            self._prepare(round_, worker, operation)
        lanes = tuple(round_.lanes)
        self._round = round_
        left = self._make(round_)
        self._round = None
        self._shared.forget()
        for lane in left:
            self._crew.lose(lane.worker)
        self._interrupts.heed()
        if round_.failure is not None:
            raise round_.failure
        ending, said = round_.ending or ("limit", "")
        if left:
            said = f"{said}; a thread of operation {left[0].worker + 1} could not be ended"
        return round_.record.interleaving(ending, said), tuple(lane.outcome for lane in lanes)

    def _are_idle(self) -> bool:
        return self._outsiders.are_idle() and self._shared.are_idle()

    @property
    def have_changed_memory(self) -> bool:
        """Whether a line that is a switch point, or might be, has changed what is in memory where others may see it."""
        return self._lines is not None and self._lines.changes.seen

    def worker(self) -> int:
        """The number of the operation to which the running code belongs; -1 outside of operations."""
        return WORKER.get()

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
        do: Callable[[], Result],
        footprint: Footprint = ANYTHING,
        touched: Touched | None = None,
        given: str = "",
    ) -> Result:
        """Do a driver's call on a connection: others may go on before it, and while a server has it wait.

        ``touched`` is asked afterwards what it touched, by whether it failed; else it is what ``footprint`` says.
        ``given`` is what its step tells of the values that it gets.
        One in a thread to which a task of a shared loop has handed it, nobody knows how, ends the interleaving.
        """
        round_, lane = self.here()
        if round_ is None or lane is None:
            self._check_stranger(kind)
            return do()
        return round_.call(lane, connection, Deed(kind, what, place, footprint, given=given), do, touched)

    def _check_stranger(self, kind: StepKind) -> None:
        """A call in a thread that is none of the operations' now: what is left of one may only clean up."""
        round_ = self._round
        if get_ident() in self._lanes or WORKER.get() < 0:
            return
        if is_guest():
            if round_ is not None:
                with round_.mutex:
                    round_.end("stuck", GUESTS)
        elif (round_ is None or round_.ending is not None) and kind != "rollback":
            raise broken_off(is_in_loop=True)

    def wait(
        self, what: str, place: Place | None, is_over: Callable[[], bool], by: Sequence[int] = ()
    ) -> bool:
        """Have others go on until the wait is over; false where none of them can.

        ``by`` are the operations for which it waits, as far as that is known.
        """
        round_, lane = self.here()
        if round_ is None or lane is None:
            return False
        lanes = [each for each in round_.lanes if each.is_main and each.worker in by]
        holder = (lambda: lanes[0]) if len(lanes) == 1 else nobody
        return round_.wait(lane, Wait(what, is_over, holder, is_timed=True, place=place))

    def touch(self, footprint: Footprint) -> None:
        """The running operation touches something between two switch points."""
        round_, _ = self.here()
        if round_ is not None:
            round_.record.touch(footprint)

    def ask_again(self) -> None:
        """What servers have said of who waits may be different now, though no driver's call is over."""
        round_, _ = self.here()
        if round_ is not None:
            round_.ask_again()

    async def call_awaited(
        self,
        connection: object,
        kind: StepKind,
        what: str,
        place: Place | None,
        do: Callable[[], Awaitable[Result]],
        footprint: Footprint = ANYTHING,
        given: str = "",
    ) -> Result:
        """The same for a driver whose calls are awaited, in an event loop that an operation's thread runs."""
        deed = Deed(kind, what, place, footprint, given=given)
        shared = self._shared.of_running()
        if shared is not None:
            return await shared.call(connection, deed, do)
        round_, lane = self.here()
        if round_ is None or lane is None:
            return await do()
        round_.begin_awaited(lane, connection, deed)
        try:
            return await do()
        except BaseException as error:
            if lane.is_victim:
                raise round_.deadlock_of(lane, error) from None
            raise
        finally:
            round_.end_awaited(lane, connection, deed)

    def here(self) -> tuple[Round, Lane] | tuple[None, None]:
        """The round and the lane of the running thread; none where it is governed by nobody."""
        found = self._lanes.get(get_ident())
        if found is None or found[1].is_inside or found[1].is_calling:
            return None, None
        return found

    def _prepare(self, round_: Round, worker: int, operation: Callable[[], object]) -> None:
        hand = self._crew.hand(worker)
        lane = Lane(worker, worker, hand.gate)
        lane.deed = self._began
        round_.lanes.append(lane)
        context = contextvars.copy_context()
        hand.work = lambda: context.run(self._perform, round_, lane, operation)

    def _perform(self, round_: Round, lane: Lane, operation: Callable[[], object]) -> None:
        """Run an operation in the lane of this thread, to which the turn has come."""
        try:
            lane.outcome = self._lend(round_, lane, lambda: _outcome(operation))
        except BrokenOff:
            pass
        finally:
            self._finish(round_, lane)

    def _lend(self, round_: Round, lane: Lane, do: Callable[[], Result]) -> Result:
        """Do something in the lane of this thread, unless the round is over."""
        WORKER.set(lane.worker)
        lane.ident = get_ident()
        self._lanes[lane.ident] = round_, lane
        if round_.ending is not None:
            raise BrokenOff
        heard = [each.on() for each in (self._narrator, self._hearing) if each is not None]
        with ExitStack() as stack:
            for each in heard:
                stack.enter_context(each)
            return do()

    def _finish(self, round_: Round, lane: Lane) -> None:
        round_.finish(lane)
        del self._lanes[lane.ident]

    def _make(self, round_: Round) -> Sequence[Lane]:
        """Have the round made by its lanes; gives those that could not be ended."""
        try:
            with round_.mutex:
                round_.go_on()
            Watcher(round_, self._backends, self._limit, self._interrupts, self._place).watch()
        finally:
            with round_.mutex:
                round_.end("limit", "interrupted")
            self._shared.let_go()
            left = break_off(round_, self._backends, self._shared.cancel)
            for lane in round_.lanes:
                if not lane.has_begun:
                    self._crew.hand(lane.worker).work = None
        return left


def _hearing(lines: Lines) -> Hearing:
    if sys.version_info >= (3, 12):
        return Monitored(lines)
    return traced(lines)


def _outcome(operation: Callable[[], object]) -> Outcome:
    try:
        return Returned(operation())
    except BrokenOff:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it raises is what came of it
        return Raised(error)
