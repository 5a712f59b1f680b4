"""Runs operations at once under a controller: every call of a driver waits for its turn, and nobody else looks on."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any, cast

from dryfit.lab import driver_calls
from dryfit.lab.busy import patiently
from dryfit.lab.scene import Scene
from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import Backends, Choose, Ended, Run, StepKind
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.probe import Act, Around
from dryfit.model.reply import ErrorSeen, Leaf
from dryfit.model.seam import Place
from dryfit.probes import dbapi
from dryfit.probes.schedule import Turns
from dryfit.probes.statics import is_library_class, mro, type_name
from dryfit.probes.told import told
from dryfit.weave import Weave

Call = Callable[[], object]

RUN_SECONDS = 3.0
"""The limit of one interleaving."""

LONGEST_TEXT = 200

RESOURCES = dbapi.DATABASES | {"redis"}
"""The libraries at whose calls operations may be switched: they hold what operations share."""

SHARED = "both operations work in one transaction of one connection: let each take a connection of its own"
PINNED = (
    "the fixtures of the test hold one transaction open for all: operations in it cannot overlap; let them commit, "
    'and let the database be made clean by dryfit (isolation = "recycle" or "clone")'
)

_FOUND = 0
"""The number under which the scene keeps what the operations find."""

_ARGUMENTS = vars(BaseException)["args"].__get__  # a class may have an attribute of that name


class AtOnce:
    """Runs operations at once, one interleaving after the other, within ``governed``.

    It is the only probe meanwhile: calls of drivers that are crossings are made in turn by it.
    """

    def __init__(self, weave: Weave, scene: Scene, backends: Backends) -> None:
        self._weave = weave
        self._scene = scene
        self._backends = backends
        self._turns: Turns | None = None
        self._users: dict[int, tuple[object, int]] = {}
        self._shared = ""
        self._calls = 0

    @contextmanager
    def governed(self) -> Iterator[None]:
        """Know every switch point of the process until the end of the block; what is there now is what runs find."""
        self._scene.enter(_FOUND)
        probes = self._weave.let_see(self)
        self._weave.connections.calling = self._psycopg
        try:
            with Turns(self._backends, limit=RUN_SECONDS, place=self._place_of) as self._turns:
                yield
        finally:
            self._turns = None
            self._weave.connections.calling = None
            self._weave.let_see(*probes)
            self._scene.forget(_FOUND)

    def run(self, operations: Sequence[Call], choose: Choose) -> Run:
        """Run the operations as it is chosen."""
        assert self._turns is not None
        self._users, self._shared, self._calls = {}, "", 0
        interleaving, outcomes = self._turns.run(operations, choose)
        if self._shared:
            interleaving = replace(interleaving, ending="stuck", said=self._shared)
        boundary = self._scene.boundary(_FOUND)
        return Run(interleaving, tuple(map(ended, outcomes)), boundary.before, boundary.after)

    # The probe.

    def before(self, crossing: Crossing) -> Act:
        """Make a call of a driver when it is its turn."""
        if crossing.callee.kind != "library":
            return None
        if crossing.component not in RESOURCES:
            self._scene.opening(crossing)
            return None
        is_database = crossing.component in dbapi.DATABASES
        connection = dbapi.connection_of(crossing) if is_database else crossing.values[0]
        if dbapi.driver_of(connection) == "psycopg":
            return None  # it is governed where psycopg asks its server
        kind, what = driver_calls.of_crossing(crossing)
        return Around(partial(self._call, connection, kind, what, crossing.site.place))

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Nothing changes what an operation gets."""
        return outcome

    def _psycopg(self, connection: object, work: object, do: Call) -> object:
        kind, what = driver_calls.of_generator(work)
        return self._call(connection, kind, what, self._weave.place_of(sys._getframe(1)), do)

    def _call(self, connection: object, kind: StepKind, what: str, place: Place | None, do: Call) -> object:
        turns = self._turns
        worker = turns.worker() if turns is not None else -1
        if turns is None or worker < 0:
            return do()
        self._note_user(connection, worker)
        call = partial(turns.call, connection, kind, what, place)
        if isinstance(connection, sqlite3.Connection):
            result = patiently(connection, call, do, partial(self._let_others, turns, place))
        else:
            result = call(do)
        self._calls += 1
        return result

    def _let_others(self, turns: Turns, place: Place | None) -> bool:
        """Wait until another operation has made a call; false where none can."""
        calls = self._calls
        return turns.wait("the lock of the database file", place, lambda: self._calls > calls)

    def _note_user(self, connection: object, worker: int) -> None:
        """Notice that two operations are at work in one transaction, which no program would do."""
        _, before = self._users.get(id(connection), (None, -1))
        if before != worker and dbapi.standing(connection) in ("open", "failed"):
            self._shared = PINNED if before < 0 else SHARED
        self._users[id(connection)] = connection, worker

    def _place_of(self, frame: FrameType) -> Place | None:
        """The line of a component that a frame stands in, and not those that it was called from."""
        if self._weave.component_of(frame.f_code.co_filename) is None:
            return None
        return self._weave.place_of(frame)


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
