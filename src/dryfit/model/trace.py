"""What was seen at the seams while the tests ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dryfit.model.exchange import Exchange
from dryfit.model.seam import Effect, Place, Seam
from dryfit.model.shape import Shape
from dryfit.model.stand_in import StandInFact

TOGETHER = "not run in trials: operations that it gives to interleave() wait for each other"
"""Why a test is not run again as it is: one after the other its operations would not come to their end."""

TestOutcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed", "cut off"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter in one behaviour: its exact type on every crossing, its shape where it was looked at."""

    name: str
    type: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One distinct way in which a seam was crossed: call site, exact types of arguments and outcome.

    ``key`` is a digest of everything that makes it distinct, the same in every process. ``outcome`` says whether
    ``result`` is the shape of a returned value or of a raised exception. ``stand_in`` says what kind of stand-in
    answered ("" for the real callee); ``weak`` that a stand-in was active below. Counts stand in the traces.
    """

    key: str
    seam: Seam
    site: Place
    effect: Effect
    arguments: tuple[Argument, ...]
    outcome: Literal["returned", "raised"]
    result_type: str
    result: Shape
    stand_in: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class TracedCrossing:
    """The crossings of one behaviour below one parent in one test, folded into one node of the trace's tree.

    ``index`` counts from 0 within the trace, ``parent`` is the index of the node above or -1; ``seconds`` is their sum.
    What a call does is not kept apart by how the call ends: where one context ended in several ways, these are
    siblings, and everything below any of them hangs below the first. Recursion is folded, and its inner calls
    count in ``seconds`` too.
    """

    index: int
    parent: int
    behaviour: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The tree of crossings of one execution of one test. ``outcome`` is "cut off" where the process was killed."""

    test: str
    outcome: TestOutcome
    seconds: float
    crossings: tuple[TracedCrossing, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A value that travelled on as a narrower type: ``wide`` at ``source``, ``narrow`` at ``target``.

    ``loss`` is a slug: decimal-to-float, aware-to-naive, text-cut, int-to-bool, float-to-int, decimal-to-int, …
    """

    seam: Seam
    site: Place
    loss: str
    wide: str
    narrow: str
    source: str
    target: str
    test: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutable argument that its callee changed: ``change`` says what differs, without values."""

    seam: Seam
    site: Place
    parameter: str
    type: str
    change: str
    test: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that contradicts the callee's hint; ``where`` is a parameter's name or ``return``.

    ``by_tests`` says that the tests brought it in: a component only handed on what they had given it, or the value or
    what the result rests on is an object of their own. ``stand_in`` is the kind of stand-in that returned it, if any.
    """

    seam: Seam
    site: Place
    where: str
    hint: str
    found: str
    test: str
    by_tests: bool = False
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A coroutine that crossed a seam and was never awaited."""

    seam: Seam
    site: Place
    test: str


ENDED = "transactions ended"
"""A change: sessions were idle within a transaction, and dryfit ended them to make the data clean."""


@dataclass(frozen=True, slots=True)
class LeftoverData:
    """What a test left in one place of a database, key space, mailbox or directory, where another test can see it.

    ``change`` says how ("rows added", "rows changed", "rows removed", "transactions open", ``ENDED``, …), ``count`` how
    many, ``sample`` shows some, secrets masked. ``seen_by`` is the next test of the process that worked with the same
    resource, "" where none is known. ``phase`` is when it was written: by a fixture's set-up, by the test or its
    teardown ("test"), or after the teardown by something that outlived it ("late"). ``new_place`` says that the test
    itself made the table.
    """

    kind: str
    resource: str
    place: str
    change: str
    count: int
    sample: tuple[str, ...]
    test: str
    seen_by: str = ""
    phase: Literal["set-up", "test", "late"] = "test"
    new_place: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Something that was not checked, with the reason: never "passed" without proof."""

    what: str
    reason: str


Incident = Transfer | Mutation | Violation | Dropped
"""What happened at a seam."""

Occurrence = Incident | LeftoverData | StandInFact


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything that the probes learned in one run, or in one worker of it; ``combine`` in the store merges them."""

    behaviours: tuple[Behaviour, ...] = ()
    traces: tuple[Trace, ...] = ()
    incidents: tuple[Occurrence, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
