"""Tells whether a transaction on a SQLite database was committed, where nobody saw how it ended."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from dryfit.model.target import Target


class Commits(Protocol):
    """Remembers how a database was."""

    def are_new(self, connection: object) -> bool | None:
        """Whether something was committed since; ``None`` where that cannot be told."""

    def close(self) -> None:
        """Remember it no more."""


def watch(connection: object, target: Target | None) -> Commits | None:
    """Remember a database before a transaction; ``None`` for others than SQLite's, and one that cannot be read."""
    if target is None or target.kind != "sqlite":
        return None
    with suppress(sqlite3.Error):
        return FileCommits(Path(target.address)) if target.connection is None else MemoryCommits(connection)
    return None


class FileCommits:
    """A file, by the ``data_version`` that SQLite gives to a connection of our own.

    To read the file itself would end the program's locks on it: POSIX has them end with any file descriptor.
    """

    def __init__(self, path: Path) -> None:
        address = f"{path.absolute().as_uri()}?mode=ro"
        self._connection = sqlite3.Connection(address, timeout=0, uri=True, check_same_thread=False)
        self._before = self._version()

    def are_new(self, connection: object) -> bool | None:
        """By any connection."""
        with suppress(sqlite3.Error):
            return self._version() != self._before
        return None

    def close(self) -> None:
        """Close the connection of our own."""
        self._connection.close()

    def _version(self) -> object:
        return self._connection.execute("PRAGMA data_version").fetchone()


class MemoryCommits:
    """A database in memory, by a hash of its pages: it is read when no transaction is open."""

    def __init__(self, connection: object) -> None:
        self._before = _pages(connection)

    def are_new(self, connection: object) -> bool | None:
        """By the one connection that there is; it may be closed by now, or belong to another thread."""
        with suppress(sqlite3.Error, TypeError):
            return _pages(connection) != self._before
        return None

    def close(self) -> None:
        """Nothing is open."""


def _pages(connection: object) -> int:
    return hash(sqlite3.Connection.serialize(connection))  # type: ignore[arg-type]  # else it raises TypeError
