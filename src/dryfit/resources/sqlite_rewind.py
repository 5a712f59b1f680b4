"""Puts SQLite databases back to what they were: files through a connection of our own, in memory through theirs."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 64 << 20
"""A larger database is not remembered: running its test anew costs less."""

_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


class _RefusedError(Exception):
    """The database cannot be remembered, or put back: its text says why."""


class SqliteRewind:
    """``Rewind`` of one database, whose open connections go on to be good.

    ``opened`` gives a connection to it for a moment. Whether it may be written to is for the caller to know.
    """

    def __init__(self, name: str, opened: Callable[[], Iterator[sqlite3.Connection]]) -> None:
        self._name = name
        self._opened = contextmanager(opened)
        self._kept = _connect(":memory:")
        weakref.finalize(self, self._kept.close)  # from Python 3.13 on there is a warning where nobody does

    def take(self) -> str:
        """Remember the committed pages; refuses while a transaction is open that writes."""
        return self._said(self._take)

    def back(self) -> str:
        """Write the pages back; refuses while a transaction is open at all."""
        return self._said(self._back)

    def _said(self, act: Callable[[sqlite3.Connection], None]) -> str:
        try:
            with self._opened() as connection:
                act(connection)
        except (sqlite3.Error, _RefusedError) as error:
            return f"database {self._name}: {error}"
        return ""

    def _take(self, connection: sqlite3.Connection) -> None:
        ((size,),) = sqlite3.Connection.execute(connection, _SIZE)
        if size > MOST_BYTES:
            raise _RefusedError(f"it has more than {MOST_BYTES >> 20} MB")
        sqlite3.Connection.backup(connection, self._kept)

    def _back(self, connection: sqlite3.Connection) -> None:
        self._kept.backup(connection)


def of_file(path: Path) -> SqliteRewind:
    """Of a file, which need not exist yet: then it is emptied."""

    def opened() -> Iterator[sqlite3.Connection]:
        connection = _connect(path.absolute().as_uri() + "?mode=rwc" if path.exists() else ":memory:")
        try:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN IMMEDIATE")  # a transaction that writes would be overtaken
            connection.execute("ROLLBACK")
            yield connection
        finally:
            connection.close()

    return SqliteRewind(path.name, opened)


def of_connection(name: str, connection: sqlite3.Connection) -> SqliteRewind:
    """Of a database in memory, by the program's own connection, in the thread that may use it."""

    def opened() -> Iterator[sqlite3.Connection]:
        if is_closed(connection):
            raise _RefusedError("its connection is closed by the operations, and what was in it is gone")
        if connection.in_transaction:
            raise _RefusedError("a transaction is open on its connection")
        yield connection

    return SqliteRewind(name, opened)


def is_closed(connection: sqlite3.Connection) -> bool:
    """Whether a connection is of no more use."""
    try:
        sqlite3.Connection.cursor(connection)
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False


def _connect(address: str) -> sqlite3.Connection:
    """A connection whose class nobody has replaced; it waits for nobody."""
    return sqlite3.Connection(address, timeout=0, isolation_level=None, uri=True, check_same_thread=False)
