"""Reads databases between tests, and reads them again where they may have changed, as long as that is soon done."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from dryfit.model.digest import Digest
from dryfit.model.target import Target
from dryfit.model.trace import Skipped
from dryfit.resources.digest import reader
from dryfit.resources.digest.sqlite import Known

SLOW = 1.0
"""A target whose reading takes longer, in seconds, is read no more."""

MOST_SECONDS = 30.0
"""So much time is spent on reading in one process; then nothing is read any more."""

_BOOKKEEPING = frozenset({
    "alembic_version", "django_migrations", "flyway_schema_history", "goose_db_version", "schema_migrations",
    "schema_version", "yoyo_migration", "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock",
    "auth_permission", "django_content_type",
})  # fmt: skip
"""Tables in which tools record what they did to the schema, or what it is: Django does where it emptied a database."""

_SHARED = "dryfit_shared"
"""How the names of databases begin that dryfit makes and does not clean."""

_CLOCK_STEP = 20_000_000
"""So many nanoseconds after a write another one may leave a file's time as it is."""

Read = Callable[[Target], Digest]
Written = Callable[[Target], object]
"""Gives what differs as soon as this process has written to a target, or ``None`` where that cannot be told."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The files of a database as the file system knows them: node, size and time of each.

    ``is_young`` says that one was written so recently that a further write might leave all of this as it is.
    """

    files: tuple[tuple[int, int, int], ...]
    is_young: bool


@dataclass(slots=True)
class Reading:
    """A target as it was when it was last read; ``touched`` says that a connection to it was used since."""

    target: Target
    now: Digest
    touched: bool = True
    mark: _Mark | None = None
    written: object = None


class Rereader:
    """Reads targets with ``read``. ``skipped`` is what was not looked at."""

    def __init__(self, read: Read | None, written: Written) -> None:
        self.skipped: set[Skipped] = set()
        self._known = Known()
        self._read_target = read or (lambda target: reader.read(target, transactions=True, known=self._known))
        self._written = written
        self._given_up: set[Target] = set()
        self._seconds = 0.0

    def first(self, target: Target) -> Reading | None:
        """Read a target before its first use, which is to come; ``None`` for one that is not to be read."""
        if target in self._given_up or _is_own(target):
            return None
        reading = Reading(target, Digest())
        if not self._read(reading):
            return None
        reading.touched, reading.mark = True, None
        return reading

    def again(self, reading: Reading, *, between_tests: bool) -> bool:
        """Read a target again if it may have changed, and say whether it still can be read.

        ``now`` stays the same object where nothing has changed.
        """
        target = reading.target
        if target.connection is not None and target.connection() is None:
            return False  # a database in memory that is no more
        if not (reading.touched or target.kind == "sqlite") or self._is_unwritten(reading):
            return True
        self._known.kept.may_keep = between_tests
        can_be_read = self._read(reading)
        self._known.kept.may_keep = False
        return can_be_read

    def close(self) -> None:
        """Let go of every file."""
        self._known.kept.close()

    def _is_unwritten(self, reading: Reading) -> bool:
        """Whether a database file is as it was when it was read.

        A write within the same tick of the file system's clock leaves the file's time as it is. So a file that was
        written just before it was read counts as unwritten only as long as it is that young still, and no connection of
        this process has written: that of another process shows when the file is read once more.
        """
        mark, earlier = _mark(reading.target), reading.mark
        if mark is None or earlier is None or mark.files != earlier.files:
            return False
        if not earlier.is_young:
            return True
        if not mark.is_young or reading.touched or reading.written is None:
            return False
        return bool(self._written(reading.target) == reading.written)

    def _read(self, reading: Reading) -> bool:
        target = reading.target
        reading.written, reading.mark = self._written(target), _mark(target)
        reading.touched = False
        begun = time.perf_counter()
        digest = _without_caches(self._read_target(target))
        spent = time.perf_counter() - begun
        self._seconds += spent
        if not digest.contents and digest.skipped:
            # If it could be read before, it has ended, and nobody sees what was in it.
            if not reading.now.taken:
                self._give_up(target, digest.skipped[0][1])
            return False
        self.skipped.update(Skipped(f"DF106 {each.what}", each.reason) for each in digest.left_out())
        if spent > SLOW or self._seconds > MOST_SECONDS:
            self._give_up(target, "reading it takes too long")
            return False
        if not reading.now.taken or digest.contents != reading.now.contents:
            reading.now = digest
        return True

    def _give_up(self, target: Target, reason: str) -> None:
        self._given_up.add(target)
        self.skipped.add(Skipped(f"DF106 {target}", reason))


def _is_own(target: Target) -> bool:
    """Whether dryfit itself has made a database, and cleans it; one with ``isolation = "shared"`` it does not clean."""
    return (
        target.kind == "postgres"
        and target.name.startswith("dryfit_")
        and not target.name.startswith(_SHARED)
    )


def _mark(target: Target) -> _Mark | None:
    """What tells whether a database file was written to; ``None`` for everything else."""
    if target.kind != "sqlite" or target.connection is not None:
        return None
    files = tuple(_status(target.address + suffix) for suffix in ("", "-wal", "-journal"))
    return _Mark(files, time.time_ns() - max(changed for *_, changed in files) < _CLOCK_STEP)


def _status(file: str) -> tuple[int, int, int]:
    try:
        found = os.stat(file)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _without_caches(digest: Digest) -> Digest:
    """Without keys that expire by themselves, and without what tools record."""
    kept = []
    for contents in digest.contents:
        if contents.columns and contents.columns[-1].name == "expires":
            contents = replace(contents, rows=tuple(row for row in contents.rows if row[-1] != "true"))
        if contents.place.rpartition(".")[2] not in _BOOKKEEPING:
            kept.append(contents)
    return replace(digest, contents=tuple(kept))
