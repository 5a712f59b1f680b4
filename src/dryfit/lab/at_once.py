"""Runs operations at once under a controller: every call of a driver waits for its turn, and nobody else looks on."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from inspect import iscoroutinefunction
from types import CodeType
from typing import Protocol, cast

from _pytest.outcomes import Exit

from dryfit.lab import driver_calls, greenlets, loops
from dryfit.lab.answers import Answers
from dryfit.lab.bare_drivers import BareDrivers
from dryfit.lab.busy import Transactions, patiently
from dryfit.lab.driver_calls import LONGEST, Doing
from dryfit.lab.ended import ended, is_cut_off
from dryfit.lab.file_footprints import FileTouched
from dryfit.lab.halfway import Halfway, Stop
from dryfit.lab.outgoing import Outgoing
from dryfit.model.crossing import Callee, Crossing
from dryfit.model.digest import MEMORY, diff
from dryfit.model.interleaving import (
    ANYTHING,
    Backends,
    Choose,
    Footprint,
    Footprints,
    Interleaving,
    Run,
)
from dryfit.model.lanes import HALFWAY
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.probe import Act, Around
from dryfit.model.seam import Place
from dryfit.model.target import DATABASES, Target
from dryfit.model.trial import Boundary
from dryfit.probes import dbapi, sends
from dryfit.probes.schedule import Narrator, Repeatable, Tasks, Turns
from dryfit.weave import Weave

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]
Made = tuple[Interleaving, tuple[Outcome | None, ...]]
"""An interleaving, and what became of each operation in it; ``None`` of one cut short."""

RUN_SECONDS = 3.0
"""The limit of one interleaving."""

CONNECTED = Footprint(frozenset(("server",)))
"""What a new connection touches: only what may be anything is in its way."""

_COMMIT = 'let them commit, and let the database be made clean by dryfit (isolation = "recycle" or "clone")'
SHARED = (
    "both operations work in one transaction of one connection: let each take a connection of its own; where the "
    f"fixtures hold one for all, {_COMMIT}"
)
PINNED = (
    f"the fixtures of the test hold one transaction open for all: operations in it cannot overlap; {_COMMIT}"
)

CUT_OFF = "a server ended the connection of an operation"
_FOUND = 0
"""The number under which the scene keeps what the operations find."""


class ServerLost(Exit):
    """A server went away while operations used it: nothing more can come of this run of the test."""


class Looks(Protocol):
    """Sees what operations find, and what they leave; ``targets`` are the databases that the test has used."""

    @property
    def targets(self) -> frozenset[Target]: ...

    def use(self, target: Target) -> None:
        """A database is used, or will be."""

    def enter(self, number: int) -> None:
        """Read now what is there."""

    def boundary(self, number: int) -> Boundary:
        """What is there now, beside what ``enter`` found."""

    def forget(self, number: int) -> None:
        """No more is asked of this number."""

    def opening(self, crossing: Crossing) -> None:
        """Note what is in a file that is about to be opened for writing."""


class Servers(Backends, Protocol):
    """Knows, too, which of the servers have not gone on all the time."""

    def lost(self) -> str:
        """Which server has ended its connections since this was asked last; "" for none."""


class AtOnce:
    """Runs operations at once, one interleaving after the other, within ``governed``.

    It is the only probe meanwhile: calls of drivers that are crossings are made in turn by it. ``overseer`` is a
    context, entered for each interleaving. ``need_threads`` says that tasks have turned out to need threads.
    """

    def __init__(self, weave: Weave, scene: Looks, backends: Servers, footprints: Footprints) -> None:
        self._weave = weave
        self._scene = scene
        self._backends = backends
        self._footprints = footprints
        self.halfway = Halfway(backends)
        self.opening: Callable[[Crossing], None] = _passed
        self._turns: Turns | None = None
        self._tasks: Tasks | None = None
        self._choose: Repeatable | None = None
        self._users: dict[int, int] = {}
        self._transactions = Transactions()
        self.need_threads = False
        self._shared = ""
        self._calls = 0
        self._outgoing = Outgoing()
        self._bare = BareDrivers(self._bare_call, weave.is_within_library)
        self._answers = Answers(self._place_in)
        self._is_memory_watched = False
        self._used: set[Target] = set()
        self._met: set[Target] = set()
        self.overseer: AbstractContextManager[object] = nullcontext()

    @contextmanager
    def governed(self, *, lines: bool) -> Iterator[None]:
        """Know every switch point of the process until the end of the block; what is there now is what runs find.

        ``lines`` makes switch points of the lines of components that touch what may be shared.
        """
        known = self._is_components if lines else None
        with (
            self._alone(),
            Turns(
                self._backends,
                limit=RUN_SECONDS,
                place=self._weave.place_in,
                lines=known,
                are_told=True,
                relent=self.halfway.let_go,
            ) as self._turns,
        ):
            self._is_memory_watched = lines
            yield

    def needs_lines(self, run: Run) -> bool:
        """Whether what the last run showed may be decided between any two lines of the components.

        It is not where operations call drivers, leave the components' objects as they were, and no line changes any
        that others may see: one that counts as no state either, a cache, say.
        """
        changed = any(change.source == MEMORY for change in diff(run.before, run.after))
        lines = self._turns is not None and self._turns.have_changed_memory
        return changed or lines or not self._calls

    def forget(self) -> None:
        """The operations that come now are others, and may use other databases."""
        self._met.clear()
        self._footprints.forget()
        self.need_threads = False
        self._choose = None

    def run(
        self, operations: Sequence[Call], choose: Choose, stop: Stop = (), narrated: bool = False
    ) -> Run | None:
        """Run the operations in threads, as it is chosen, with the statement stopped half-way that ``stop`` says.

        ``None`` where they used a database of which nobody knows what was in it before: it is known within the next
        ``governed``.
        """
        self._begin(stop)
        return self._ran(*self._made(operations, self._repeatable(choose), narrated))

    def perform(self, operations: Sequence[Call], choose: Choose) -> Made:
        """The same with no look at what they leave: what became of each."""
        self._begin(())
        return self._made(operations, choose)

    def _made(self, operations: Sequence[Call], choose: Choose, narrated: bool = False) -> Made:
        assert self._turns is not None
        calls = [partial(self._performed, each) for each in operations]
        with self.overseer:
            return self._turns.run(calls, choose, self._narrator(narrated))

    def _performed(self, operation: Call) -> object:
        try:
            return operation()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        turns = self._turns or self._tasks
        if self.halfway.let_go() and turns is not None:
            turns.ask_again()

    @contextmanager
    def governed_tasks(self, *, lines: bool) -> Iterator[None]:
        """The same for tasks of the running loop; ``lines`` are of interest where they hand work to threads."""
        if self.need_threads:
            with self.governed(lines=lines):
                yield
            return
        with (
            self._alone(),
            closing(Tasks(self._backends, limit=RUN_SECONDS, place=self._weave.place_in)) as self._tasks,
        ):
            yield

    async def run_tasks(
        self, operations: Sequence[Call], choose: Choose, stop: Stop = (), narrated: bool = False
    ) -> Run | None:
        """Run the operations, which are coroutine functions, as tasks.

        Where they turn out to hand work to threads, or to block the loop, they have to be run again: within the next
        ``governed_tasks`` each has a thread of its own, and in it a task of the running loop.
        """
        self._begin(stop)
        ran = self._ran(*await self._made_tasks(operations, self._repeatable(choose), narrated))
        if self._tasks is None:
            return ran
        self.need_threads = self._tasks.need_threads
        return None if self.need_threads else ran

    async def perform_tasks(self, operations: Sequence[Call], choose: Choose) -> Made:
        """The same with no look at what they leave: what became of each."""
        self._begin(())
        return await self._made_tasks(operations, choose)

    async def _made_tasks(self, operations: Sequence[Call], choose: Choose, narrated: bool = False) -> Made:
        tasks = [partial(self._performed_task, cast(AsyncCall, each)) for each in operations]
        if self._turns is None:
            assert self._tasks is not None
            with self.overseer:
                return await self._tasks.run(tasks, choose, self._narrator(narrated))
        loop = asyncio.get_running_loop()
        calls = [partial(loops.run_task, loop, each) for each in tasks]
        with self.overseer:
            return await loops.in_thread(partial(self._turns.run, calls, choose, self._narrator(narrated)))

    def _narrator(self, is_wanted: bool) -> Narrator | None:
        return (
            Narrator(self._weave.place_in, lambda code: self._is_components(code.co_filename))
            if is_wanted
            else None
        )

    async def _performed_task(self, operation: AsyncCall) -> object:
        try:
            return await operation()
        finally:
            self._let_go()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._met |= self._scene.targets
        for target in self._met:
            self._scene.use(target)
        self._scene.enter(_FOUND)
        used, self._weave.connections.used = self._weave.connections.used, self._note_target
        probes = self._weave.let_see(self)
        heeds = self._weave.heed(self._heeds)
        self._weave.connections.calling = self._psycopg
        self._bare.put_in()
        answered, self._weave.exchanges.answered = self._weave.exchanges.answered, self._note_answer
        try:
            yield
        finally:
            self._bare.take_out()
            self._weave.heed(heeds)
            self._turns = self._tasks = None
            self.halfway.remove()
            self._weave.connections.calling = None
            self._weave.exchanges.answered = answered
            self._weave.connections.used = used
            self._weave.let_see(*probes)
            self._scene.forget(_FOUND)

    def _begin(self, stop: Stop) -> None:
        self._users, self._shared, self._calls = {}, "", 0
        self._transactions.forget()
        self._used.clear()
        self._outgoing.begin()
        self._answers.begin()
        self._footprints.begin()
        self.halfway.begin(stop)

    def _repeatable(self, choose: Choose) -> Repeatable:
        """Have a run that is made again go as before."""
        if self._choose is None:
            self._choose = Repeatable(choose)
        self._choose.again()
        return self._choose

    def _note_target(self, target: Target) -> None:
        """A database is used, maybe by a driver in no operation's name: it is not read in the midst of that."""
        self._used.add(target)

    def _ran(self, interleaving: Interleaving, outcomes: tuple[Outcome | None, ...]) -> Run | None:
        if self._shared and interleaving.ending == "completed":
            interleaving = replace(interleaving, ending="stuck", said=self._shared)
        self.halfway.let_go()
        if not all(isinstance(outcome, Returned) for outcome in outcomes) and (lost := self._backends.lost()):
            raise ServerLost(lost)  # nor can this process read the state, or put it back
        if any(isinstance(outcome, Raised) and is_cut_off(outcome.exception) for outcome in outcomes):
            interleaving = replace(interleaving, ending="stuck", said=CUT_OFF)
        new = (
            self._used | self._scene.targets
        ) - self._met  # some drivers tell of it in no operation's context
        self._met |= new
        if new:
            return None
        self._choose = None
        for target in self._used:
            self._scene.use(target)
        boundary = self._scene.boundary(_FOUND)
        if not self._are_known(boundary):
            interleaving = replace(
                interleaving, moves=tuple(replace(each, footprint=ANYTHING) for each in interleaving.moves)
            )
        return Run(
            interleaving,
            tuple(
                ended(outcome, self._answers.of(worker), self._place_in)
                for worker, outcome in enumerate(outcomes)
            ),
            boundary.before,
            boundary.after,
            sent=self._outgoing.sent(),
        )

    def _is_at_work(self) -> bool:
        """Whether this is one of the operations."""
        return self._worker() >= 0

    def _worker(self) -> int:
        """The number of the operation that is at work here, -1 outside of operations."""
        turns = self._turns or self._tasks
        return turns.worker() if turns is not None else -1

    def _are_known(self, boundary: Boundary) -> bool:
        """Whether what moves touched is all that may matter: nothing in memory, where no lines are seen."""
        if not self._footprints.are_complete:
            return False
        return self._is_memory_watched or all(
            change.source != MEMORY for change in diff(boundary.before, boundary.after)
        )

    # The probe.

    def before(self, crossing: Crossing) -> Act:
        """Make a call of a driver when it is its turn."""
        if crossing.callee.kind != "library":
            return None
        if crossing.component == "builtins":
            if self._turns is not None:
                self._turns.touch(ANYTHING)
            self._scene.opening(crossing)
            self.opening(crossing)
            return None
        if sends.stays_within(crossing.values[0]):
            return None
        is_database = crossing.component in DATABASES
        connection = dbapi.connection_of(crossing) if is_database else crossing.values[0]
        if dbapi.driver_of(connection) == "psycopg":
            return None  # it is governed where psycopg asks its server
        sent = self._outgoing.before(crossing) if self._is_at_work() else ""
        doing = driver_calls.of_crossing(crossing)
        if sent:
            doing = doing._replace(what=sent)
        return Around(partial(self._call, connection, doing, crossing.site.place))

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Note what was sent; nothing changes what an operation gets."""
        self._outgoing.after(crossing, outcome)
        if type(outcome) is Raised and (worker := self._worker()) >= 0:
            self._answers.raised(worker, crossing, outcome.exception)
        return outcome

    def _heeds(self, callee: Callee, values: tuple[object, ...]) -> bool:
        """Whether a call that test code makes is one of an operation's: of a marked test's own body, say.

        Its requests are not: they lead into the program, or to servers that no operation shares with another.
        """
        return callee.kind == "library" and callee.effect != "send" and self._is_at_work()

    def _bare_call(self, connection: object, doing: Doing, do: Call) -> object:
        if not self._is_at_work():
            return do()
        return self._call(connection, doing, self._weave.place_of(sys._getframe(2)), do)

    def _note_answer(self, outcome: Outcome) -> None:
        if (worker := self._worker()) >= 0:
            self._answers.answered(worker, outcome)

    def _psycopg(self, connection: object, work: object, do: Call) -> object:
        place = self._weave.place_of(sys._getframe(1))
        return self._call(connection, driver_calls.of_generator(work), place, do)

    def _call(self, connection: object, doing: Doing, place: Place | None, do: Call) -> object:
        """Make a call in its turn; what is asynchronous is awaited by the caller."""
        turns = self._turns or self._tasks
        worker = turns.worker() if turns is not None else -1
        if turns is None or worker < 0:
            return do()
        is_asynchronous = iscoroutinefunction(getattr(do, "func", None))
        if not is_asynchronous and greenlets.are_here() and dbapi.driver_of(connection) == "asyncpg":
            coroutine = self._call(connection, doing, place, greenlets.awaitable(do))
            return greenlets.awaited(cast(Awaitable[object], coroutine))
        kind, what, given = doing
        self._note_user(connection, worker)
        if kind == "statement" and self.halfway.before(worker, connection):
            what = f"{what} {HALFWAY}"
            do = do if is_asynchronous else partial(self._performed, do)
        if isinstance(turns, Tasks):
            if not is_asynchronous:
                return turns.block(do)
            return turns.call(connection, kind, what, place, cast(AsyncCall, do), given=given)
        if is_asynchronous:
            return turns.call_awaited(connection, kind, what, place, cast(AsyncCall, do), given=given)
        call = partial(turns.call, connection, kind, what, place, given=given)
        if isinstance(connection, sqlite3.Connection):
            call = partial(call, touched=FileTouched(connection, doing.what, LONGEST))
            others = partial(self._let_others, turns, place, connection, doing.what)
            with self._transactions.calling(connection, worker):
                result = patiently(connection, call, do, others)
        else:
            result = call(do, touched=partial(self._touched, connection, worker, doing.what))
        self._calls += 1
        return result

    def _touched(self, connection: object, worker: int, what: str, failed: bool) -> Footprint:
        """What a call touched. A new connection is in nobody's way."""
        if connection is None:
            return ANYTHING if failed or what != "connect" else CONNECTED
        if dbapi.driver_of(connection) != "psycopg":
            return ANYTHING
        return self._footprints.touched(connection, worker, failed=failed)

    def _let_others(
        self, turns: Turns, place: Place | None, connection: sqlite3.Connection, text: str
    ) -> bool:
        """Wait until another operation has made a call; false where none can, or SQLite would not wait."""
        if not self._transactions.would_wait(connection, text):
            return False
        calls, by = self._calls, self._transactions.others(turns.worker())
        return turns.wait("the lock of the database file", place, lambda: self._calls > calls, by)

    def _note_user(self, connection: object, worker: int) -> None:
        """Notice that two operations are at work in one transaction, which no program would do.

        No connection is kept alive for that: what comes in the place of another has no transaction open at first.
        """
        before = self._users.get(id(connection), -1)
        if before != worker and dbapi.standing(connection) in ("open", "failed"):
            self._shared = PINNED if before < 0 else SHARED
        self._users[id(connection)] = worker

    def _is_components(self, file: str) -> bool:
        return self._weave.component_of(file) is not None

    def _place_in(self, code: CodeType, line: int) -> Place | None:
        """A line of a component."""
        sites = self._weave.sites
        if not sites.is_component(code.co_filename):
            return None
        return Place(sites.relative(code.co_filename), line, code.co_qualname)


def _passed(crossing: Crossing) -> None:
    """Nobody puts files back."""
