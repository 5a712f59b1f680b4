"""SQLite files that another connection has locked: others go on then, where SQLite itself would sleep."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

BUSY = 5
"""SQLite's result code, the lower byte of its extended codes."""

SNAPSHOT = 517
"""The extended code of what no waiting helps: the transaction has read what is old by now."""


class Patience:
    """How long a connection waits for a lock."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = sqlite3.Cursor(connection)
        self._cursor.row_factory = None
        self.milliseconds = int(self._cursor.execute("PRAGMA busy_timeout").fetchone()[0])

    @contextmanager
    def none(self) -> Iterator[None]:
        """Have it give up at once within the block."""
        self._set(0)
        try:
            yield
        finally:
            self._set(self.milliseconds)

    def _set(self, milliseconds: int) -> None:
        self._cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")


def is_busy(error: BaseException) -> bool:
    """Whether SQLite, or what stands above it, says that a file is locked, and it may help to wait."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, sqlite3.OperationalError):
        found = found.__cause__
    code = getattr(found, "sqlite_errorcode", 0)
    return code & 0xFF == BUSY and code != SNAPSHOT


def patiently(
    connection: sqlite3.Connection,
    call: Callable[[Callable[[], object]], object],
    do: Callable[[], object],
    wait: Callable[[], bool],
) -> object:
    """Do what SQLite does while a file is locked, with ``wait`` in place of its sleep: false where time is up.

    ``call`` makes each attempt at ``do``.
    """
    patience = Patience(connection)

    def attempt() -> object:
        with patience.none():
            return do()

    while True:
        try:
            return call(attempt)
        except Exception as error:
            if not patience.milliseconds or not is_busy(error) or not wait():
                raise
