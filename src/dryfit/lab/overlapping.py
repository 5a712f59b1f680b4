"""The probe of an overlap: takes an operation as the test comes to it, and runs several at once in its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, cast

from _pytest.outcomes import OutcomeException

from dryfit.lab import driver_calls
from dryfit.lab.exploration import Exploration, Limits, Wanted, explore
from dryfit.lab.scene import Scene
from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import (
    Backends,
    Ended,
    Explored,
    Interleaving,
    OperationKind,
    Overlap,
    Run,
    StepKind,
)
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.probe import Act, Around
from dryfit.model.reply import ErrorSeen, Leaf
from dryfit.model.seam import Place
from dryfit.probes import dbapi
from dryfit.probes.schedule import Turns, search
from dryfit.probes.statics import is_library_class, mro, type_name
from dryfit.probes.told import told
from dryfit.probes.trial import TrialRecorder
from dryfit.weave import Weave

Fire = Callable[[], None]
Call = Callable[[], object]

LONGEST_TEXT = 200

LIMITS = Limits()
RUN_SECONDS = 3.0
"""The limit of one interleaving."""

RESOURCES = dbapi.DATABASES | {"redis"}
"""The libraries at whose calls operations may be switched: they hold what operations share."""

SHARED = "both operations work in one transaction of one connection: let each take a connection of its own"
PINNED = (
    "the fixtures of the test hold one transaction open for all: operations in it cannot overlap; let them commit, "
    'and let the database be made clean by dryfit (isolation = "recycle" or "clone")'
)

_NUMBER = 0
"""Of the entry under which the scene keeps what a run finds."""

_ARGUMENTS = vars(BaseException)["args"].__get__  # a class may have an attribute of that name


class BrokenOff(OutcomeException):
    """Ends a test whose operations have been explored: what follows them is of no interest.

    Of pytest's own kind: it passes every ``except Exception``, and leaves fixtures as they may be set up again.
    """


class Overlapping:
    """Explores one overlap after the other; one exploration may take several runs of its test.

    Where the state cannot be put back, each run of the operations takes a run of the whole test.
    """

    def __init__(self, weave: Weave, scene: Scene, recorder: TrialRecorder, backends: Backends) -> None:
        self._weave = weave
        self._scene = scene
        self._recorder = recorder
        self._backends = backends
        self._overlap: Overlap | None = None
        self._exploration: Exploration | None = None
        self._wanted: Wanted | None = None
        self._explored: Explored | None = None
        self._turns: Turns | None = None
        self._users: dict[int, tuple[object, int]] = {}
        self._shared = ""
        self._came = False
        weave.exchanges.taking = self.answer

    def begin(self, overlap: Overlap | None, fired: Fire) -> None:
        """A run of the test begins; the exploration of the same overlap goes on."""
        self._fired = fired
        self._came = False
        if overlap is self._overlap:
            return
        self._overlap, self._explored, self._exploration = overlap, None, None
        if overlap is not None:
            self._exploration = explore(overlap, search(overlap.seed, LIMITS.interleavings), LIMITS)
            self._wanted = next(self._exploration)

    @property
    def wants_more(self) -> bool:
        """Whether the test is to be run again."""
        return self._came and self._exploration is not None

    def end(self) -> Explored | None:
        """What the exploration showed, where it is over."""
        found, self._explored = self._explored, None
        if self._exploration is None:
            self._overlap = None
        return found

    # The probe.

    def before(self, crossing: Crossing) -> Act:
        """Take the operation, or make a call of a driver when it is its turn."""
        if self._turns is not None:
            return self._call_of(crossing)
        overlap = self._overlap
        if (
            overlap is None
            or not self._is_due("call")
            or self._recorder.entry(crossing) != overlap.operations[0].nth
        ):
            return None
        self._came = True
        return Around(self._take)

    def answer(self, number: int, answer: Call) -> object:
        """Answer a request through a test client."""
        overlap = self._overlap
        if overlap is None or not self._is_due("request") or number != overlap.operations[0].nth:
            return answer()
        self._came = True
        return self._take(answer)

    def _is_due(self, kind: OperationKind) -> bool:
        """Whether operations of this kind are still to come in this run of the test."""
        overlap = self._overlap
        return (
            overlap is not None
            and not self._came
            and self._exploration is not None
            and overlap.operations[0].kind == kind
        )

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Nothing changes what an operation gives."""
        return outcome

    def _take(self, operation: Call) -> object:
        """Explore in the place of the operation, and break the test off."""
        self._fired()
        self._explore_threads(operation)
        raise BrokenOff

    def _explore_threads(self, operation: Call) -> None:
        wanted = self._wanted
        assert wanted is not None
        turns = Turns(self._backends, limit=RUN_SECONDS, place=self._weave.place_of)
        with self._watching(turns):
            interleaving, outcomes = turns.run([operation for _ in wanted.workers], wanted.choose)
            turns.close()
        self._ran(interleaving, outcomes)

    @contextmanager
    def _watching(self, turns: Turns) -> Iterator[None]:
        """Let every call of a driver wait for its turn, and nobody else look at the program meanwhile."""
        self._turns, self._users, self._shared = turns, {}, ""
        self._scene.enter(_NUMBER)
        probes = self._weave.let_see(self)
        self._weave.connections.calling = self._psycopg
        try:
            yield
        finally:
            self._weave.connections.calling = None
            self._weave.let_see(*probes)
            self._turns = None

    def _ran(self, interleaving: Interleaving, outcomes: tuple[Outcome | None, ...]) -> None:
        """Tell the exploration what a run showed."""
        assert self._exploration is not None
        if self._shared:
            interleaving = replace(interleaving, ending="stuck", said=self._shared)
        boundary = self._scene.boundary(_NUMBER)
        run = Run(interleaving, tuple(map(ended, outcomes)), boundary.before, boundary.after)
        try:
            self._wanted = self._exploration.send(run)
        except StopIteration as stop:
            self._explored, self._exploration = stop.value, None

    # Calls of drivers.

    def _call_of(self, crossing: Crossing) -> Act:
        if crossing.callee.kind != "library" or crossing.callee.component not in RESOURCES:
            if crossing.callee.kind == "library":
                self._scene.opening(crossing)
            return None
        connection = (
            dbapi.connection_of(crossing) if crossing.component in dbapi.DATABASES else crossing.values[0]
        )
        if dbapi.driver_of(connection) == "psycopg":
            return None  # it is asked where psycopg asks its server
        kind, what = driver_calls.of_crossing(crossing)
        return Around(partial(self._call, connection, kind, what, crossing.site.place))

    def _psycopg(self, connection: object, work: object, do: Call) -> object:
        kind, what = driver_calls.of_generator(work)
        return self._call(connection, kind, what, self._weave.place_of(sys._getframe(1)), do)

    def _call(self, connection: object, kind: StepKind, what: str, place: Place | None, do: Call) -> object:
        turns = self._turns
        worker = turns.worker() if turns is not None else -1
        if turns is None or worker < 0:
            return do()
        self._note_user(connection, worker)
        return turns.call(connection, kind, what, place, do)

    def _note_user(self, connection: object, worker: int) -> None:
        """Notice that two operations are at work in one transaction, which no program would do."""
        _, before = self._users.get(id(connection), (None, -1))
        if before != worker and dbapi.standing(connection) in ("open", "failed"):
            self._shared = PINNED if before < 0 else SHARED
        self._users[id(connection)] = connection, worker


def ended(outcome: Outcome | None) -> Ended | None:
    """What an operation told its caller."""
    if outcome is None:
        return None
    if isinstance(outcome, Returned):
        return Ended(tuple(_told(outcome.value)))
    return Ended(error=_error(outcome.exception))


def _told(value: object) -> Iterator[Leaf]:
    """What a value says; of an answer over HTTP its status and its JSON."""
    if type_name(type(value)) not in ("httpx.Response", "httpx2.Response"):
        yield from told(value)
        return
    response = cast(Any, value)
    yield ".status", str(response.status_code)
    with suppress(Exception):  # no JSON, or a stream that nobody can read here
        yield from told(json.loads(response.read()))


def _error(error: BaseException) -> ErrorSeen:
    """An exception by its classes; of one that a library raised for another also those of the other."""
    cause = error.__cause__ if is_library_class(type(error)) else None
    classes = [*mro(type(error)), *(mro(type(cause)) if cause is not None else ())]
    said = next((each for each in _ARGUMENTS(error) if type(each) is str), "")
    return ErrorSeen(
        0,
        tuple(type_name(cls) for cls in classes if cls is not object),
        said.partition("\n")[0][:LONGEST_TEXT],
    )
