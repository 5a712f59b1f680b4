"""Connections to SQLite files that are read time and again: to open one costs more than to read its rows.

A connection is kept only where nobody can notice: it holds no lock between two reads, no page of the file, and none at
all where the file has a write-ahead log, which the last connection that is closed folds into the file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

MOST_KEPT = 4
"""So many connections are kept, of the files that were read last."""

_READS = 3
"""A file that is read so often is likely to be read again."""

_MOST_COUNTED = 256
_TIMEOUT = 0.05
"""Seconds for which we wait where somebody is writing."""

_SCHEMA = "SELECT type, name, rootpage, sql FROM sqlite_schema"
_Schema = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open connection, the file that it leads to, whatever its name means by now, and the schema that it knows.

    ``owner`` are the process and the thread that use it.
    """

    connection: sqlite3.Connection
    file: tuple[int, int]
    owner: tuple[int, int]
    schema: _Schema


class KeptFiles:
    """Opens files for reading. ``may_keep`` says that it is no time at which a test could count what is open."""

    def __init__(self) -> None:
        self.may_keep = False
        self._kept: dict[Path, _Kept] = {}
        self._reads: dict[Path, int] = {}

    @contextmanager
    def connection(self, path: Path) -> Iterator[sqlite3.Connection]:
        """A connection for one read. Raises ``sqlite3.Error`` where there can be none."""
        kept = self._valid(path) or (self._keep(path) if self._is_worth(path) else None)
        if kept is None:
            with closing(_open(path)) as connection:
                yield connection
            return
        try:
            yield kept.connection
        except BaseException:
            self._drop(path)
            raise

    def close(self) -> None:
        """Keep none any more."""
        for path in list(self._kept):
            self._drop(path)

    def _valid(self, path: Path) -> _Kept | None:
        """The kept connection, if it leads to the file that has this name now, and knows its schema.

        SQLite reads a schema again when a number in the file has changed, which tells nothing where the file was
        overwritten with a copy. So the schema is compared; rows are read anew each time, since no pages are kept.
        """
        kept = self._kept.get(path)
        if kept is None or kept.owner != _owner():
            return None
        try:
            is_same = kept.file == _file(path) and kept.schema == _schema(kept.connection)
            if is_same and not _has_log(kept.connection):
                return kept
        except (OSError, sqlite3.Error):
            pass
        self._drop(path)
        return None

    def _is_worth(self, path: Path) -> bool:
        """Whether a file is read often; where files cannot be removed while they are open, none is."""
        if len(self._reads) > _MOST_COUNTED:
            self._reads.clear()
        self._reads[path] = self._reads.get(path, 0) + 1
        is_often = self._reads[path] >= _READS and path not in self._kept
        return self.may_keep and is_often and os.name == "posix"

    def _keep(self, path: Path) -> _Kept | None:
        file, connection = _file(path), _open(path)
        try:
            if _has_log(connection):
                connection.close()
                return None
            connection.execute("PRAGMA cache_size = 0")
            kept = _Kept(connection, file, _owner(), _schema(connection))
        except BaseException:
            connection.close()
            raise
        while len(self._kept) >= MOST_KEPT:
            self._drop(next(iter(self._kept)))
        self._kept[path] = kept
        return kept

    def _drop(self, path: Path) -> None:
        kept = self._kept.pop(path)
        if kept.owner[0] == os.getpid():
            kept.connection.close()


def plain(address: str) -> sqlite3.Connection:
    """A connection whose class nobody has replaced."""
    return sqlite3.Connection(
        address, timeout=_TIMEOUT, isolation_level=None, uri=True, check_same_thread=False
    )


def _open(path: Path) -> sqlite3.Connection:
    return plain(f"{path.absolute().as_uri()}?mode=ro")


def _owner() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _has_log(connection: sqlite3.Connection) -> bool:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    return bool(mode == "wal")


def _file(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _schema(connection: sqlite3.Connection) -> _Schema:
    connection.text_factory = str
    return connection.execute(_SCHEMA).fetchall()
