"""SQLite files that another connection has locked: others go on then, where SQLite itself would sleep."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

BUSY = 5
"""SQLite's result code, the lower byte of its extended codes."""

SNAPSHOT = 517
"""The extended code of what no waiting helps: the transaction has read what is old by now."""

SECONDS = 5.0
"""For which a connection waits by default, as time goes where operations take turns."""

_ENDS = ("COMMIT", "END", "ROLLBACK")


class Patience:
    """How long a connection waits for a lock.

    No statement of ours is left unread: an exception may keep it, and SQLite would not let go of a file that the
    program has closed.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = sqlite3.Cursor(connection)
        self._cursor.row_factory = None
        ((milliseconds,),) = self._cursor.execute("PRAGMA busy_timeout").fetchall()
        self.milliseconds = int(milliseconds)

    @contextmanager
    def none(self) -> Iterator[None]:
        """Have it give up at once within the block, which may close it."""
        self._set(0)
        try:
            yield
        finally:
            with suppress(sqlite3.ProgrammingError):
                self._set(self.milliseconds)

    def _set(self, milliseconds: int) -> None:
        self._cursor.execute(f"PRAGMA busy_timeout = {milliseconds}").fetchall()


def is_busy(error: BaseException) -> bool:
    """Whether SQLite, or what stands above it, says that a file is locked, and it may help to wait."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, sqlite3.OperationalError):
        found = found.__cause__
    code = getattr(found, "sqlite_errorcode", 0)
    return code & 0xFF == BUSY and code != SNAPSHOT


class Transactions:
    """What connections have done in the transactions that they have open, as far as SQLite's locks depend on it."""

    def __init__(self) -> None:
        self._changes: dict[int, int] = {}
        self._have_read: set[int] = set()
        self._workers: dict[int, int] = {}

    def forget(self) -> None:
        """None is open."""
        self._changes.clear()
        self._have_read.clear()
        self._workers.clear()

    def others(self, worker: int) -> tuple[int, ...]:
        """The operations that have one open, but for a given one."""
        return tuple(sorted(set(self._workers.values()) - {worker}))

    @contextmanager
    def calling(self, connection: sqlite3.Connection, worker: int) -> Iterator[None]:
        """A call is made within the block; where it fails, the transaction is what it was."""
        with suppress(sqlite3.Error):  # it is closed
            if not connection.in_transaction:
                self._changes[id(connection)] = connection.total_changes
                self._have_read.discard(id(connection))
        was_open = _is_open(connection)
        yield
        if was_open:
            self._have_read.add(id(connection))
        self._workers.pop(id(connection), None)
        if _is_open(connection):
            self._workers[id(connection)] = worker

    def would_wait(self, connection: sqlite3.Connection, text: str) -> bool:
        """Whether SQLite would wait for a lock that a statement did not get.

        It does not for who has read in the transaction, and is about to write: whoever is about to commit waits for
        the end of that very transaction (https://www.sqlite.org/c3ref/busy_handler.html).
        """
        has_written = connection.total_changes != self._changes.get(id(connection), 0)
        ends = text.lstrip().upper().startswith(_ENDS)
        return has_written or ends or id(connection) not in self._have_read


class Meanwhile:
    """The tasks that wait for the lock of a file, and what happens to it meanwhile."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Event] = []
        self._made = 0

    def forget(self) -> None:
        """None waits."""
        self._waiting.clear()

    def over(self, connection: sqlite3.Connection) -> None:
        """A call is over: where it has left no transaction open, a lock may be free."""
        self._made += 1
        while self._waiting and not _is_open(connection):
            self._waiting.pop().set()

    async def is_free(self) -> bool:
        """Wait until a lock may be free; false where nobody can go on, and nobody has done anything since.

        Time does not pass by itself: it is up where nobody else can go on.
        """
        made, event = self._made, asyncio.Event()
        self._waiting.append(event)
        try:
            await asyncio.wait_for(event.wait(), SECONDS)
        except TimeoutError:
            return self._made > made
        return True


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.Error:  # it is closed
        return False


def patiently(
    connection: sqlite3.Connection,
    call: Callable[[Callable[[], object]], object],
    do: Callable[[], object],
    wait: Callable[[], bool],
) -> object:
    """Do what SQLite does while a file is locked, with ``wait`` in place of its sleep: false where time is up.

    ``call`` makes each attempt at ``do``.
    """
    try:
        patience = Patience(connection)
    except sqlite3.ProgrammingError:  # it is closed
        return call(do)

    def attempt() -> object:
        with patience.none():
            return do()

    while True:
        try:
            return call(attempt)
        except Exception as error:
            if not patience.milliseconds or not is_busy(error) or not wait():
                raise


async def patiently_awaited(
    connection: sqlite3.Connection,
    attempt: Callable[[], Awaitable[object]],
    would_wait: Callable[[], bool],
    meanwhile: Meanwhile,
) -> object:
    """The same for a call that is awaited, each attempt at which gives up at once."""
    while True:
        try:
            result = await attempt()
        except Exception as error:
            if not (is_busy(error) and would_wait()):
                meanwhile.over(connection)
                raise
            if not await meanwhile.is_free():
                raise
        else:
            meanwhile.over(connection)
            return result
