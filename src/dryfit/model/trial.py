"""Experiments, and what their trials showed: data that a check proposes, a lab carries out, and a check judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dryfit.model.chain import Link
from dryfit.model.digest import Digest
from dryfit.model.interleaving import Explored, Overlap
from dryfit.model.reply import ErrorSeen as ErrorSeen
from dryfit.model.reply import Leaf as Leaf
from dryfit.model.seam import Effect, Place, Seam
from dryfit.model.trace import TestOutcome

When = Literal["before", "after"]
"""Whether a fault comes before the callee runs, or after it ran, so that its reply is lost."""

TrialOutcome = TestOutcome | Literal["hang", "crash"]

LeakKind = Literal["connection", "transaction", "thread", "task", "file", "lock", "process"]

Fate = Literal["lasting", "undone", "open"]

Attempt = Literal["", "returned", "raised"]
"""What came of a second attempt; "" where there was none."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One crossing of a test, the same in every execution of it: the ``nth`` (from 1) through a seam from one site."""

    seam: Seam
    site: Place
    nth: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What goes wrong at a point.

    ``name`` is a slug of the catalogue (``connection-lost``), or ``domain-error`` for one of the project;
    ``exception`` is its class as a dotted name (``psycopg.OperationalError``), ``text`` its message. One on the
    wire has no exception of its own: what the client makes of it is part of the trial; ``text`` is a clause then.
    """

    name: str
    exception: str
    text: str = ""

    @property
    def is_on_wire(self) -> bool:
        """Whether it happens between a client and its server."""
        return self.name.startswith("wire-")


@dataclass(frozen=True, slots=True, order=True)
class Offer:
    """A fault that may happen at a crossing, and when."""

    when: When
    fault: Fault


@dataclass(frozen=True, slots=True, order=True)
class Strike:
    """A fault at a point."""

    point: Point
    when: When
    fault: Fault


@dataclass(frozen=True, slots=True, order=True)
class Experiment:
    """One test with one fault at one point; and with others, one after another, at points that there are only then.

    ``entry`` says which entry crossing of the test holds them, from 0; ``rank`` when it is tried: 0 comes first, in
    every test, and the higher ones where there is time. ``then`` are the faults that follow the first one. ``again``
    says that the entry is called once more when it has failed, before its caller gets the failure.
    """

    test: str
    point: Point
    when: When
    fault: Fault
    entry: int = 0
    rank: int = 0
    then: tuple[Strike, ...] = ()
    again: bool = False

    @property
    def strikes(self) -> tuple[Strike, ...]:
        """All its faults, in the order in which they happen."""
        return (Strike(self.point, self.when, self.fault), *self.then)


Proposed = Experiment | Overlap
"""What a check asks the lab to try."""


@dataclass(frozen=True, slots=True, order=True)
class Hold:
    """A lock or a transaction that is held, "lock bank.Account.lock" say, and where it was taken, if that is known."""

    what: str
    taken: Place | None = None


@dataclass(frozen=True, slots=True)
class Crossed:
    """One crossing of a trial. ``index`` counts from 0 in the order in which they began; ``parent`` is -1 for an entry.

    ``outcome`` is "unfinished" where the trial ended first. ``result`` is the type of the value, or of the exception,
    whose number among the trial's errors is ``error`` (-1: none). ``told`` is what the value says to its caller,
    leaf by leaf. ``given`` is a digest of the arguments, as far as they are plain: where the trial is a baseline, or
    the callee a stand-in. ``offers`` are the faults that may happen here, where the trial is a baseline, or has had its
    fault. ``request`` is the number of the request through a test client that is being answered, -1 for none.
    ``holding`` are the locks, and the transactions that have locked rows, which are held in a baseline while something
    is sent. ``prepares`` says that it was made while the test was set up. ``receiver`` is the class of
    the object whose method it is, where ``offers`` are wanted, too. ``reads`` are the tables that a statement of a
    baseline may read, as its text names them. ``is_generator`` says that its code runs in pieces, between
    those of whoever takes what it yields.
    """

    index: int
    parent: int
    point: Point
    effect: Effect
    outcome: Literal["returned", "raised", "unfinished"]
    result: str
    error: int = -1
    told: tuple[Leaf, ...] = ()
    stand_in: str = ""
    offers: tuple[Offer, ...] = ()
    given: str = ""
    request: int = -1
    holding: tuple[Hold, ...] = ()
    prepares: bool = False
    receiver: str = ""
    reads: tuple[str, ...] = ()
    is_generator: bool = False


@dataclass(frozen=True, slots=True)
class Effected:
    """A write or a send that crossed a library seam: by the crossing ``crossing`` of the trial.

    ``source`` is where it went (``postgres shop``, ``smtp``, ``https://api.example.com``), ``what`` one line to be
    shown, ``key`` a digest that is equal for equal effects. ``fate`` is "undone" where its transaction was rolled back,
    and "open" where that had not ended.
    """

    crossing: int
    source: str
    what: str
    key: str
    fate: Fate = "lasting"


@dataclass(frozen=True, slots=True)
class Boundary:
    """The state right before one entry crossing began, and right after it ended; ``entry`` counts from 0."""

    entry: int
    before: Digest
    after: Digest


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """What a trial left behind that was not there before; ``what`` names it without numbers and addresses."""

    kind: LeakKind
    what: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One execution of one test under one experiment; without one it is a baseline trial.

    Under an overlap, operations of the test run at once, again and again: ``explored`` is what that showed.

    ``fired`` is the proof that the fault happened, and those that follow it. ``failure`` is what the test failed with
    ("" where it did not), ``void`` why the trial shows nothing ("" where it does), ``stack`` where it stood when it was
    ended as a hang.
    ``wishes`` are what the test asks for itself, ``fixtures`` the names of what it is given, ``asked`` is the number of
    requests through a test client that these have made: where the trial is a baseline.
    ``propagation`` is the way that the fault took, as far as it could be followed. ``again`` is what the second attempt
    came to; "" where there was none.
    """

    test: str
    experiment: Proposed | None
    outcome: TrialOutcome
    seconds: float
    fired: bool = False
    crossings: tuple[Crossed, ...] = ()
    errors: tuple[ErrorSeen, ...] = ()
    effects: tuple[Effected, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    leaks: tuple[Leak, ...] = ()
    failure: str = ""
    void: str = ""
    stack: tuple[str, ...] = ()
    explored: Explored | None = None
    wishes: tuple[Overlap, ...] = ()
    fixtures: tuple[str, ...] = ()
    asked: int = 0
    propagation: tuple[Link, ...] = ()
    again: Attempt = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one trial: ``rules`` that it shows broken, and in a few words what became of the failure.

    ``judged`` is false where the trial shows nothing: its fault did not happen, or something made it void.
    """

    experiment: Experiment
    said: str
    rules: tuple[str, ...] = ()
    judged: bool = True
