"""Calls of drivers, each made in its turn, while operations run at once."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from inspect import iscoroutinefunction
from types import CodeType
from typing import Protocol, cast

from dryfit.lab import driver_calls, greenlets
from dryfit.lab.aiosqlite_calls import AiosqliteCalls, Handed
from dryfit.lab.answers import Answers
from dryfit.lab.asyncpg_statements import AsyncpgStatements
from dryfit.lab.bare_drivers import BareDrivers
from dryfit.lab.busy import Meanwhile, Transactions, patiently, patiently_awaited
from dryfit.lab.driver_calls import LONGEST, Doing
from dryfit.lab.file_footprints import FileTouched
from dryfit.lab.halfway import Halfway, Stop
from dryfit.lab.outgoing import Outgoing
from dryfit.model.crossing import Callee, Crossing
from dryfit.model.interleaving import ANYTHING, Footprint, Footprints, Sent
from dryfit.model.lanes import HALFWAY
from dryfit.model.outcome import Outcome, Raised
from dryfit.model.probe import Act, Around
from dryfit.model.reply import Answered
from dryfit.model.seam import Place
from dryfit.model.target import DATABASES
from dryfit.probes import dbapi, sends
from dryfit.probes.schedule import Tasks, Turns
from dryfit.weave import Weave

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]

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


class Opens(Protocol):
    """Is told of files."""

    def opening(self, crossing: Crossing) -> None:
        """Note what is in a file that is about to be opened for writing."""


class Calls:
    """The only probe while operations run at once: it sees where they call libraries, and makes that in turn.

    ``turns`` says whose turn it is; ``shared`` why two operations cannot overlap, where they use one transaction;
    ``made`` counts the calls of a run.
    """

    def __init__(self, weave: Weave, scene: Opens, footprints: Footprints, halfway: Halfway) -> None:
        self.turns: Turns | Tasks | None = None
        self.opening: Callable[[Crossing], None] = _passed
        self.shared = ""
        self.made = 0
        self._weave = weave
        self._scene = scene
        self._footprints = footprints
        self._halfway = halfway
        self._users: dict[int, int] = {}
        self._transactions = Transactions()
        self._meanwhile = Meanwhile()
        self._outgoing = Outgoing()
        self._answers = Answers(self.place_in)
        self._bare = BareDrivers(self._bare_call, weave.is_within_library)
        self._aiosqlite = AiosqliteCalls(self._handed, self._is_at_work)
        self._asyncpg = AsyncpgStatements(self._prepared, self._is_own_call)

    @contextmanager
    def governed(self) -> Iterator[None]:
        """Make them in turn within the block, and see nothing else."""
        weave = self._weave
        probes = weave.let_see(self)
        heeds = weave.heed(self._heeds)
        weave.connections.calling = self._psycopg
        self._bare.put_in()
        self._aiosqlite.put_in()
        self._asyncpg.put_in()
        answered, weave.exchanges.answered = weave.exchanges.answered, self._note_answer
        try:
            yield
        finally:
            self._asyncpg.take_out()
            self._aiosqlite.take_out()
            self._bare.take_out()
            weave.heed(heeds)
            self.turns = None
            self._halfway.remove()
            weave.connections.calling = None
            weave.exchanges.answered = answered
            weave.let_see(*probes)

    def begin(self, stop: Stop) -> None:
        """Another run begins, with the statement stopped half-way that ``stop`` says."""
        self._users, self.shared, self.made = {}, "", 0
        self._transactions.forget()
        self._meanwhile.forget()
        self._outgoing.begin()
        self._answers.begin()
        self._footprints.begin()
        self._halfway.begin(stop)

    def sent(self) -> tuple[Sent, ...]:
        """What the run has sent."""
        return self._outgoing.sent()

    def answered(self, worker: int) -> Answered | None:
        """How the last request of an operation was answered."""
        return self._answers.of(worker)

    def let_go(self) -> None:
        """An operation is over, or a call that was to stop half-way: let go of what has stopped."""
        if self._halfway.let_go() and self.turns is not None:
            self.turns.ask_again()

    def place_in(self, code: CodeType, line: int) -> Place | None:
        """A line of a component."""
        sites = self._weave.sites
        if not sites.is_component(code.co_filename):
            return None
        return Place(sites.relative(code.co_filename), line, code.co_qualname)

    # The probe.

    def before(self, crossing: Crossing) -> Act:
        """Make a call of a driver when it is its turn."""
        if not crossing.callee.is_resource:
            return None
        if crossing.component == "builtins":
            if isinstance(self.turns, Turns):
                self.turns.touch(ANYTHING)
            self._scene.opening(crossing)
            self.opening(crossing)
            return None
        if sends.stays_within(crossing.values[0]):
            return None
        is_database = crossing.component in DATABASES
        connection = dbapi.connection_of(crossing) if is_database else crossing.values[0]
        if dbapi.driver_of(connection) == "psycopg":
            return None  # it is governed where psycopg asks its server
        if isinstance(connection, sqlite3.Connection) and greenlets.are_here():
            return None  # and aiosqlite's calls where it hands them over
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

    def _is_at_work(self) -> bool:
        """Whether this is one of the operations."""
        return self._worker() >= 0

    def _worker(self) -> int:
        """The number of the operation that is at work here, -1 outside of operations."""
        return self.turns.worker() if self.turns is not None else -1

    def _heeds(self, callee: Callee, values: tuple[object, ...]) -> bool:
        """Whether a call that test code makes is one of an operation's: of a marked test's own body, say.

        Its requests are not: they lead into the program, or to servers that no operation shares with another.
        """
        return callee.is_resource and callee.effect != "send" and self._is_at_work()

    def _note_answer(self, outcome: Outcome) -> None:
        if (worker := self._worker()) >= 0:
            self._answers.answered(worker, outcome)

    def _bare_call(self, connection: object, doing: Doing, do: Call) -> object:
        if not self._is_at_work():
            return do()
        return self._call(connection, doing, self._weave.place_of(sys._getframe(2)), do)

    def _psycopg(self, connection: object, work: object, do: Call) -> object:
        place = self._weave.place_of(sys._getframe(1))
        return self._call(connection, driver_calls.of_generator(work), place, do)

    def _call(self, connection: object, doing: Doing, place: Place | None, do: Call) -> object:
        """Make a call in its turn; what is asynchronous is awaited by the caller."""
        turns, worker = self.turns, self._worker()
        if turns is None or worker < 0:
            return do()
        is_asynchronous = iscoroutinefunction(getattr(do, "func", None))
        if not is_asynchronous and greenlets.are_here() and dbapi.driver_of(connection) == "asyncpg":
            coroutine = self._call(connection, doing, place, greenlets.awaitable(do))
            return greenlets.awaited(cast(Awaitable[object], coroutine))
        kind, what, given = doing
        self._note_user(connection, worker)
        if kind == "statement" and self._halfway.before(worker, connection):
            what = f"{what} {HALFWAY}"
            do = do if is_asynchronous else partial(self._performed, do)
        if is_asynchronous:
            self.made += 1
            return self._awaited(turns, connection, doing._replace(what=what), place, cast(AsyncCall, do))
        if isinstance(turns, Tasks):
            return turns.block(do)
        call = partial(turns.call, connection, kind, what, place, given=given)
        if isinstance(connection, sqlite3.Connection):
            call = partial(call, touched=FileTouched(connection, doing.what, LONGEST))
            others = partial(self._let_others, turns, place, connection, doing.what)
            with self._transactions.calling(connection, worker):
                result = patiently(connection, call, do, others)
        else:
            result = call(do, touched=partial(self._touched, connection, worker, doing.what))
        self.made += 1
        return result

    @staticmethod
    def _awaited(
        turns: Turns | Tasks, connection: object, doing: Doing, place: Place | None, do: AsyncCall
    ) -> Awaitable[object]:
        kind, what, given = doing
        if isinstance(turns, Tasks):
            return turns.call(connection, kind, what, place, do, given=given)
        return turns.call_awaited(connection, kind, what, place, do, given=given)

    def _is_own_call(self) -> bool:
        """Whether this is an operation's, and no part of a call that is governed as a whole."""
        return self._is_at_work() and not self._weave.is_within_library()

    def _prepared(self, connection: object, doing: Doing, do: AsyncCall) -> Awaitable[object]:
        place = self._weave.place_of(sys._getframe(1))
        return cast(Awaitable[object], self._call(connection, doing, place, do))

    async def _handed(self, connection: sqlite3.Connection, doing: Doing, handed: Handed) -> object:
        """What is handed to the thread of a connection of aiosqlite's."""
        turns, worker, place = self.turns, self._worker(), self._weave.place_of(sys._getframe())
        assert turns is not None
        self._note_user(connection, worker)
        self.made += 1

        def would_wait() -> bool:
            return handed.has_patience and self._transactions.would_wait(connection, doing.what)

        attempt = partial(self._awaited, turns, connection, doing, place, handed)
        with self._transactions.calling(connection, worker):
            return await patiently_awaited(connection, attempt, would_wait, self._meanwhile)

    def _performed(self, do: Call) -> object:
        try:
            return do()
        finally:
            self.let_go()

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
        made, by = self.made, self._transactions.others(turns.worker())
        return turns.wait("the lock of the database file", place, lambda: self.made > made, by)

    def _note_user(self, connection: object, worker: int) -> None:
        """Notice that two operations are at work in one transaction, which no program would do.

        No connection is kept alive for that: what comes in the place of another has no transaction open at first.
        """
        before = self._users.get(id(connection), -1)
        if before != worker and dbapi.standing(connection) in ("open", "failed"):
            self.shared = PINNED if before < 0 else SHARED
        self._users[id(connection)] = worker


def _passed(crossing: Crossing) -> None:
    """Nobody puts files back."""
