"""Operations that run at once, and what came of one order of their steps: data that is explored, judged, and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dryfit.model.digest import Digest
from dryfit.model.reply import Answered, ErrorSeen, Leaf
from dryfit.model.seam import Place, Seam

OperationKind = Literal["call", "request", "test"]
"""An entry crossing of a test, a request through a test client, or the body of a marked test as a whole."""

StepKind = Literal[
    "began",
    "statement",
    "commit",
    "rollback",
    "send",
    "lock",
    "release",
    "wait",
    "await",
    "resumed",
    "read",
    "write",
    "line",
    "blocked",
    "woken",
    "expired",
    "victim",
    "returned",
    "raised",
]

Ending = Literal["completed", "deadlock", "stuck", "limit"]
"""All operations came to their end; they wait for each other; they wait for something else; time was up."""


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One of the operations that run at once: the ``nth`` that the test starts, from 0; ``name`` is for people.

    ``seam`` is the one through which the test starts it. Where operations of several tests run at once, ``test`` is the
    one that performs it, and ``nth`` is counted from where its body begins. ``outcome`` is how it ended in the test
    itself (``returned``, ``raised``), where that is known.
    """

    kind: OperationKind
    nth: int
    name: str
    seam: Seam | None = None
    test: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One thing that an operation did, or that became of it: one line of its lane.

    ``worker`` is the number of the operation. ``what`` is the statement, the name of the lock, the line of source, or
    what is read or written in memory. ``given`` are the values that a statement gets, by their columns, or what was
    read, or what a write made of what, without secrets; ``by`` are the workers that it waits for; ``in_server`` says
    that what it waits for is held inside of a server.
    """

    worker: int
    kind: StepKind
    what: str = ""
    place: Place | None = None
    by: tuple[int, ...] = ()
    in_server: bool = False
    given: str = ""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a step touches, as far as it is known: names of rows, keys, locks or attributes, read or written.

    ``unknown`` says that it may touch anything: it depends on every other step.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    unknown: bool = False

    def depends_on(self, other: Footprint) -> bool:
        """Whether the order of the two may matter; that of one which touches nothing at all never does."""
        if self.unknown or other.unknown:
            return self.is_something and other.is_something
        return not (
            self.writes.isdisjoint(other.reads | other.writes) and other.writes.isdisjoint(self.reads)
        )

    @property
    def is_something(self) -> bool:
        """Whether it touches anything."""
        return self.unknown or bool(self.reads or self.writes)

    def joined(self, other: Footprint) -> Footprint:
        """What either of the two touches."""
        if self.unknown or other.unknown:
            return ANYTHING
        return Footprint(self.reads | other.reads, self.writes | other.writes)


ANYTHING = Footprint(unknown=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who may go on: ``enabled`` workers in order of their number, ``running`` the one that went last, -1 at first."""

    enabled: tuple[int, ...]
    running: int = -1


Choose = Callable[[Choice], int]


@dataclass(frozen=True, slots=True)
class Move:
    """One choice that was made, and what the worker touched until the next one."""

    choice: Choice
    chosen: int
    footprint: Footprint = ANYTHING


@dataclass(frozen=True, slots=True)
class Interleaving:
    """One order of the steps of some operations. ``said`` is why it did not complete."""

    moves: tuple[Move, ...]
    steps: tuple[Step, ...]
    ending: Ending
    said: str = ""

    @property
    def schedule(self) -> tuple[int, ...]:
        """The workers in the order in which they were chosen."""
        return tuple(move.chosen for move in self.moves)

    @property
    def preemptions(self) -> int:
        """How often a worker had to give way that could have gone on."""
        return sum(
            move.choice.running in move.choice.enabled and move.chosen != move.choice.running
            for move in self.moves
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """What one operation told its caller: ``told`` leaf by leaf what it returned, or the exception that it raised.

    ``answered`` is how the last request was answered that test code made in it of the program itself. A test client
    that raises what the program did not handle, and one that gives a status 500 for it, tell the same.
    """

    told: tuple[Leaf, ...] = ()
    error: ErrorSeen | None = None
    answered: Answered | None = None

    @property
    def has_failed(self) -> bool:
        """Whether it raised something, or was answered that the program has failed."""
        return self.error is not None or (self.answered is not None and self.answered.is_failure)

    @property
    def errors(self) -> tuple[ErrorSeen, ...]:
        """What it failed by; of an answer also what that exception was raised from, the nearest first."""
        if self.answered is not None and self.answered.errors:
            return self.answered.errors
        return (self.error,) if self.error is not None else ()


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that an operation sent, and that took effect: a request, a mail, a message.

    ``callable`` is the library's, ``what`` tells it in one line without secrets, ``told`` leaf by leaf what it held,
    without what was generated.
    """

    callable: str
    what: str
    told: tuple[Leaf, ...] = ()


class Search(Protocol):
    """Decides who goes on at each choice, one interleaving after the other, until there are no more."""

    def begin(self) -> bool:
        """Begin another interleaving; false where there is none left."""

    def choose(self, choice: Choice) -> int:
        """One of those that are enabled."""

    def ended(self, interleaving: Interleaving) -> None:
        """Learn what came of the choices."""

    @property
    def diverged(self) -> str:
        """Where a run first went another way than the same choices had led before; "" where none did."""

    @property
    def exhausted(self) -> bool:
        """Whether every order that may matter was tried."""

    @property
    def at_least(self) -> int:
        """How many interleavings there are at least."""


@dataclass(frozen=True, slots=True, order=True)
class Backend:
    """The process of a server that serves one connection: the server's address, and the number of the process."""

    server: str
    number: int


class Backends(Protocol):
    """Knows who waits for whom inside of servers, by what these say, never by elapsed time."""

    def backend(self, connection: object) -> Backend | None:
        """Who serves a driver's connection; asks nobody. ``None`` where a server cannot be asked who waits."""

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        """Those of the backends that wait for a lock now, with those that they wait for, others' included."""

    def cancel(self, backend: Backend) -> None:
        """End the statement that waits, as the server does with the victim of a deadlock."""


class Footprints(Protocol):
    """Knows what calls of drivers touched, by what servers say right after them."""

    def forget(self) -> None:
        """Other operations come now."""

    def begin(self) -> None:
        """An interleaving begins."""

    def touched(self, connection: object, worker: int, *, failed: bool) -> Footprint:
        """What a worker's call touched that is just over, before its next one begins."""

    @property
    def are_complete(self) -> bool:
        """Whether nothing was touched in the interleaving but by the calls of which it was told."""


class Rewind(Protocol):
    """Something whose state can be put back."""

    def take(self) -> str:
        """Remember the state; why that cannot be, or ""."""

    def back(self) -> str:
        """Put it back to what was remembered; why that cannot be, or ""."""


@dataclass(frozen=True, slots=True)
class Run:
    """An interleaving, what each operation told, the state before and after, and what all of them ``sent``.

    ``stop`` is as an overlap has it.
    """

    interleaving: Interleaving
    ended: tuple[Ended | None, ...]
    before: Digest
    after: Digest
    stop: tuple[int, ...] = ()
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Overlap:
    """An experiment: operations of one test at once, from the state that the test had prepared for the first.

    ``copies`` of the same operation, or several operations. One of another test is performed within the fixtures of
    ``test``, from the state that both have prepared. ``schedule`` is empty where all orders are to be explored,
    else the one to be followed. ``lines`` makes switch points of the operations' own lines. ``stop`` is the worker, and
    the number of its statement, that is stopped half-way until the others are over.
    ``budget`` is the number of interleavings after which to stop, 0 for the usual limits.
    """

    test: str
    operations: tuple[Operation, ...]
    schedule: tuple[int, ...] = ()
    stop: tuple[int, ...] = ()
    lines: bool = False
    seed: int = 0
    rank: int = 0
    budget: int = 0

    @property
    def others(self) -> tuple[str, ...]:
        """The tests besides ``test`` that perform the operations."""
        return tuple(dict.fromkeys(each.test for each in self.operations if each.test not in ("", self.test)))

    @property
    def kinds(self) -> tuple[int, ...]:
        """Each operation by what it does: two copies of one are the same."""
        return tuple(map(self.operations.index, self.operations))


@dataclass(frozen=True, slots=True)
class Explored:
    """What the exploration of an overlap showed.

    ``serial`` are the runs of each serial order, two of each; ``alone`` those of each operation without the others;
    ``others`` the runs with another outcome than each other, the smallest schedule of each. ``tried`` counts the
    interleavings, ``void`` says why nothing can be said.
    """

    overlap: Overlap
    serial: tuple[tuple[Run, Run], ...] = ()
    alone: tuple[tuple[Run, Run], ...] = ()
    others: tuple[Run, ...] = ()
    tried: int = 0
    at_least: int = 0
    exhausted: bool = False
    void: str = ""
