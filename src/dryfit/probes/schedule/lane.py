"""One thread of an operation, as the controller sees it."""

from __future__ import annotations

from _thread import LockType, allocate_lock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dryfit.model.interleaving import ANYTHING, Backend, Footprint, StepKind
from dryfit.model.outcome import Outcome
from dryfit.model.seam import Place

State = Literal["parked", "running", "calling", "blocked", "back", "waiting", "done"]
"""It may go on; it goes on; it is inside of a driver's call; the server says that it waits there; that call is over;
it waits for something of Python's; it is over."""

ACQUIRE = LockType.acquire
RELEASE = LockType.release
"""The interpreter's own, whatever stands in their places while an exploration is on."""


def nobody() -> None:
    """The holder of what nobody holds."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a lane is about to do when it is chosen: a step to be, and what it touches; one "resumed" has awaited that.

    ``is_pause`` says that it means to let others go on, ``is_passed_on`` that it follows from what another thread of
    the same operation did, so that it is no switch point. ``needs`` is asked for a lane that has to go on first;
    ``given`` is as a step has it.
    """

    kind: StepKind
    what: str = ""
    place: Place | None = None
    footprint: Footprint = ANYTHING
    is_pause: bool = False
    is_passed_on: bool = False
    needs: Callable[[], Lane | None] = nobody
    given: str = ""


BEGIN = Deed("began")

LOOP = "event loop"
"""What those wait for whose tasks can make no step."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something of Python's that a lane waits for.

    ``is_over`` is asked by other threads; ``holder`` is the lane that has to let go of it, where that can be told.
    ``is_timed`` says that it gives up by itself when nothing else can go on, ``is_own`` that the components' own code
    waits. Where it may also be over by what happens outside of all operations, others go on only from ``until`` on.
    ``helper`` is a lane without which it will not be over where no lane at all can go on.
    """

    what: str
    is_over: Callable[[], bool]
    holder: Callable[[], Lane | None]
    is_timed: bool = False
    place: Place | None = None
    footprint: Footprint = ANYTHING
    until: float = 0.0
    is_own: bool = False
    helper: Callable[[], Lane | None] = nobody

    @property
    def woken(self) -> Deed:
        """What follows when it is over."""
        return Deed("woken", self.what, self.place, self.footprint, is_passed_on=not self.is_own)


class Lane:
    """One thread of an operation: its state is changed under the round's mutex only.

    ``gate`` is what it waits at; that of the thread in which the operation itself runs is given.
    ``is_inside`` says that it runs the controller's own code, ``is_calling`` a driver's, ``is_told`` that it was told
    of the end. ``serial`` counts its driver calls, ``turns`` how often it went on; ``rested`` is how often others
    had when it last went on after a pause, and ``alone`` how often nobody could in between, one after the other.
    ``pending`` are the connections on which its event loop awaits a driver's call, and these calls.
    ``skipped`` are the seconds that have passed for it in sleeps and timeouts, which take no time.
    ``by`` are the processes of a server that it waits for, ``since`` which move.
    ``is_in_loop`` says that the thread of an event loop goes on in it, ``deafened`` is asked for the lane that keeps a
    loop from hearing what came of its call.
    """

    __slots__ = (
        "alone", "backend", "by", "call", "deafened", "deed", "gate", "gave_up", "has_begun", "ident",
        "is_calling", "is_in_loop", "is_inside", "is_main", "is_noted", "is_told", "is_victim", "number",
        "outcome", "pending", "rested", "serial", "since", "skipped", "state", "turns", "wait", "worker",
    )  # fmt: skip

    def __init__(self, worker: int, number: int, gate: LockType | None = None) -> None:
        self.worker, self.number, self.is_main = worker, number, gate is not None
        self.gate = gate or closed_gate()
        self.state: State = "parked"
        self.deed = BEGIN
        self.has_begun = self.is_told = self.is_noted = False
        self.is_inside = self.is_calling = self.is_in_loop = False
        self.deafened: Callable[[], Lane | None] = nobody
        self.ident = 0
        self.outcome: Outcome | None = None
        self.turns, self.rested, self.alone = 0, -1, 0
        self.backend: Backend | None = None
        self.by: tuple[Backend, ...] = ()
        self.call = BEGIN
        self.pending: list[tuple[object, Deed]] = []
        self.serial = self.since = 0
        self.skipped = 0.0
        self.is_victim = False
        self.wait: Wait | None = None
        self.gave_up = False


def closed_gate() -> LockType:
    """A lock that is taken, for a thread to wait at until another one releases it."""
    gate = allocate_lock()
    ACQUIRE(gate)
    return gate
