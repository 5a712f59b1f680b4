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


@dataclass(frozen=True, slots=True)
class Deed:
    """What a lane is about to do when it is chosen: a step to be, and what it touches."""

    kind: StepKind
    what: str = ""
    place: Place | None = None
    footprint: Footprint = ANYTHING


BEGIN = Deed("began")


@dataclass(frozen=True, slots=True)
class Wait:
    """Something of Python's that a lane waits for.

    ``is_over`` is asked by other threads; ``holder`` is the lane that has to let go of it, where that can be told.
    ``is_timed`` says that it gives up by itself when nothing else can go on.
    """

    what: str
    is_over: Callable[[], bool]
    holder: Callable[[], Lane | None]
    is_timed: bool = False
    place: Place | None = None


class Lane:
    """One thread of an operation: its state is changed under the round's mutex only.

    ``gate`` is what it waits at; ``is_inside`` says that it runs code that must not be governed: the controller's own,
    or a driver's. ``serial`` counts its driver calls, ``by`` are the processes of the server that it waits for, ``since`` which move.
    """

    __slots__ = (
        "backend", "by", "call", "deed", "gate", "gave_up", "has_begun", "ident", "is_inside", "is_main", "is_victim",
        "number", "outcome", "serial", "since", "state", "wait", "worker",
    )  # fmt: skip

    def __init__(
        self, worker: int, number: int, gate: LockType | None = None, *, is_main: bool = True
    ) -> None:
        self.worker, self.number, self.is_main = worker, number, is_main
        self.gate = gate or closed_gate()
        self.state: State = "parked"
        self.deed = BEGIN
        self.has_begun = False
        self.ident = 0
        self.is_inside = False
        self.outcome: Outcome | None = None
        self.backend: Backend | None = None
        self.by: tuple[Backend, ...] = ()
        self.call = BEGIN
        self.serial = self.since = 0
        self.is_victim = False
        self.wait: Wait | None = None
        self.gave_up = False


def closed_gate() -> LockType:
    """A lock that is taken, for a thread to wait at until another one releases it."""
    gate = allocate_lock()
    ACQUIRE(gate)
    return gate
