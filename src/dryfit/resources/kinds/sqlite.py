"""SQLite: a database file for each worker, made again from its seeded copy when a test has changed it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.model.target import Target
from dryfit.resources import scripts, sqlite_rewind
from dryfit.resources.folder import Folder
from dryfit.resources.in_process import InProcessKind
from dryfit.resources.sqlite_differences import differences
from dryfit.resources.sqlite_rewind import SqliteRewind

_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class FileHandle(Handle):
    """``url`` is as SQLAlchemy and Django write it, ``sqlite:////a/path``; ``path`` is the file alone."""

    path: Path = field(kw_only=True)


class SqliteKind(InProcessKind):
    """A file for each worker, in memory where there is room."""

    options = (scripts.SCHEMA, scripts.SEED)

    def open(self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str) -> SqliteFile:
        """Make schema and seed; raises ``ResourceError`` that names the file which failed."""
        return SqliteFile(declaration, root)


class SqliteFile:
    """The file, a copy of it as it was seeded, and a connection of ours to both that asks what has changed."""

    def __init__(self, declaration: Declaration, root: Path) -> None:
        self._folder = Folder("sqlite")
        path = self._folder.path / f"{declaration.name}.sqlite3"
        self._seed = self._folder.path / "seed"
        self.handle = FileHandle(
            declaration.name, "sqlite", f"sqlite:///{path}", database=str(path), path=path
        )
        try:
            _make(declaration, root, self.handle)
        except BaseException:
            self._folder.close()
            raise
        _copy(path, self._seed)
        self._begin_watching()

    def clean(self) -> tuple[Leftover, ...]:
        """Restore the file if a test has changed it; a transaction that is still open is told, and shut out."""
        if not self._is_same_file():
            self._replace()
            return (Leftover(self.handle.name, self.handle.path.name, "file replaced", 1),)
        is_held = not self._can("IMMEDIATE")
        has_changed = self._version() != self._seen
        left = (
            *self._open_transaction(is_held),
            *(differences(self._watch, self.handle.name) if has_changed else ()),
        )
        if is_held or (has_changed and not self._can("EXCLUSIVE")):
            self._replace()
        elif has_changed:
            self._restore()
        return left

    def serves(self, target: Target) -> bool:
        """Whether the program's connection leads to this file."""
        return target.connection is None and Path(target.address) == self.handle.path

    def rewind(self) -> SqliteRewind:
        """What puts the rows back to what they are at some time within a test."""
        return sqlite_rewind.of_file(self.handle.path)

    def suspend(self) -> None:
        """SQLite's connections must not be carried into another process."""
        self._watch.close()

    def resume(self) -> None:
        """Begin with a new file, since the old one may be held."""
        self._replace()

    def close(self) -> None:
        """Remove the file."""
        self._watch.close()
        self._folder.close()

    def _begin_watching(self) -> None:
        self._watch = sqlite3.connect(
            self.handle.path, timeout=0, isolation_level=None, check_same_thread=False
        )
        self._mode = self._journal_mode()
        self._watch.execute("ATTACH ? AS seed", [str(self._seed)])
        self._seen = self._version()
        self._inode = self.handle.path.stat().st_ino

    def _version(self) -> int:
        """Changes whenever another connection has committed something."""
        (version,) = self._watch.execute("PRAGMA main.data_version").fetchone()
        return int(version)

    def _journal_mode(self, wanted: str = "") -> str:
        """With a write-ahead log or without: the one setting that a file keeps for all who open it."""
        (mode,) = self._watch.execute(f"PRAGMA main.journal_mode{wanted}").fetchone()
        return str(mode)

    def _is_same_file(self) -> bool:
        with suppress(FileNotFoundError):
            return self.handle.path.stat().st_ino == self._inode
        return False

    def _can(self, lock: str) -> bool:
        """Whether nobody else has a transaction open: one that writes (IMMEDIATE), any at all (EXCLUSIVE)."""
        try:
            self._watch.execute(f"BEGIN {lock}")
        except sqlite3.OperationalError:
            return False
        self._watch.execute("ROLLBACK")
        return True

    def _open_transaction(self, is_held: bool) -> Iterator[Leftover]:
        if is_held:
            yield Leftover(self.handle.name, self.handle.path.name, "open write transaction", 1)

    def _restore(self) -> None:
        """Into the same file, so that the program's open connections see it, too."""
        with closing(sqlite3.connect(self._seed)) as seed:
            seed.backup(self._watch)
        if self._journal_mode() != self._mode:
            with suppress(
                sqlite3.OperationalError
            ):  # connections that live on keep the mode that they have chosen
                self._journal_mode(f" = {self._mode}")
        self._seen = self._version()

    def _replace(self) -> None:
        """By another file, as the old one is held by a transaction that we cannot end; its connections stay there."""
        self._watch.close()
        for path in (self.handle.path, *(Path(f"{self.handle.path}{end}") for end in _BESIDE)):
            path.unlink(missing_ok=True)
        shutil.copyfile(self._seed, self.handle.path)
        self._begin_watching()


def _make(declaration: Declaration, root: Path, handle: FileHandle) -> None:
    handle.path.touch()

    def run(text: str, script: Path) -> None:
        with closing(sqlite3.connect(handle.path)) as connection:
            try:
                connection.executescript(text)
            except sqlite3.Error as error:
                raise ResourceError(f"{script}: {error}", slug="resources") from error

    scripts.apply(declaration, root, handle.url, run)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


kind = SqliteKind()
