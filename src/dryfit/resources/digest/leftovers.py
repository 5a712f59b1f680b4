"""Finds what tests leave behind in the databases that they connect to, whoever started those (DF106).

A test's leftovers are what is there when a later test's own set-up has run, and was not there before this test's: so
neither data that are cleaned before each test nor data of fixtures that tests share are leftovers. Read only, between
tests, where something was used.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from dryfit.model.digest import Cells, Contents, Difference, Digest, Spot, difference, emptied, shown_row
from dryfit.model.target import Target
from dryfit.model.trace import LeftoverData, Observations, Skipped
from dryfit.resources.digest.postgres import TRANSACTIONS
from dryfit.resources.digest.reader import read
from dryfit.resources.digest.sqlite import Known

SLOW = 1.0
"""A target whose reading takes longer, in seconds, is read no more."""

MOST_SECONDS = 30.0
"""So much time is spent on reading in one process; then nothing is read any more."""

MOST_TARGETS = 64
"""So many targets are known at a time, the last ones used."""

MOST_SHOWN = 3

MOST_TOLD = 100
"""So many leftovers are told of one place; more say nothing more."""

_BOOKKEEPING = frozenset({
    "alembic_version", "django_migrations", "flyway_schema_history", "goose_db_version", "schema_migrations",
    "schema_version", "yoyo_migration", "_yoyo_migration", "_yoyo_log", "_yoyo_version", "yoyo_lock",
})  # fmt: skip
"""Tables in which tools record what they did to the schema."""

_DRIVERS = {
    "postgres": frozenset({"psycopg", "psycopg2", "asyncpg", "sqlalchemy", "django"}),
    "sqlite": frozenset({"sqlite3", "sqlalchemy", "django"}),
    "redis": frozenset({"redis"}),
}

Phase = Literal["set-up", "test", "late"]
Reader = Callable[[Target], Digest]
Written = Callable[[Target], object]
"""Gives what differs as soon as this process has written to a target, or ``None`` where that cannot be told."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What one test left in one place. ``rows`` are there since; of removed ones it is told that they are not."""

    test: str
    contents: Contents
    change: str
    rows: tuple[Cells, ...]
    phase: Phase
    new_place: bool = False

    def remaining(self, now: Contents | None) -> _Left | None:
        """What of it is still to be seen, given its place as it is now, or ``None``."""
        rows = Counter(self.rows)
        there = Counter([row for row in now.rows if row in rows] if now is not None else ())
        left = rows - there if self.change == "rows removed" else rows & there
        if not left or (self.phase == "set-up" and left != rows):  # then the next set-up begins by cleaning
            return None
        return replace(self, rows=tuple(left.elements()))

    def told(self, target: Target, seen_by: str) -> LeftoverData:
        sample = tuple(shown_row(self.contents, row) for row in self.rows[:MOST_SHOWN])
        is_transaction = self.contents.place == TRANSACTIONS
        return LeftoverData(
            kind=target.kind,
            resource=target.name,
            place=self.contents.place,
            change="transactions open" if is_transaction else self.change,
            count=len(self.rows),
            sample=sample,
            test=self.test,
            seen_by=seen_by,
            phase=self.phase,
            new_place=self.new_place,
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    """The files of a database as the file system knows them: node, size and time of each.

    ``is_young`` says that one was written so recently that a further write might leave all of this as it is.
    """

    files: tuple[tuple[int, int, int], ...]
    is_young: bool


@dataclass(slots=True)
class _Watched:
    """One target: how it was before the running test's set-up, after it, and when it was last read."""

    target: Target
    now: Digest
    before: Digest
    start: Digest
    used: bool = True
    touched: bool = True
    mark: _Mark | None = None
    written: object = None
    shared: Counter[tuple[Spot, Cells]] = field(default_factory=Counter)
    left: list[_Left] = field(default_factory=list)


class Leftovers:
    """Follows every target through the tests of this process.

    ``live`` gives the targets whose connections may be used without being seen. ``skipped`` is what was not looked at.
    """

    def __init__(
        self,
        live: Callable[[], Iterable[Target]] = tuple,
        reader: Reader | None = None,
        written: Written = lambda _: None,
    ) -> None:
        self.skipped: set[Skipped] = set()
        self._live = live
        self._written = written
        self._known = Known()
        self._read_target = reader or (lambda target: read(target, transactions=True, known=self._known))
        self._watched: dict[Target, _Watched] = {}
        self._given_up: set[Target] = set()
        self._libraries: dict[str, str] = {}
        self._told: Counter[Spot] = Counter()
        self._seconds = 0.0
        self._previous = ""
        self._shared_ended = False
        self._lived: frozenset[Target] = frozenset()

    def used(self, target: Target) -> None:
        """A connection to a target was opened, or is being used; at the first sight of it, its state is read."""
        watched = self._watched.get(target)
        if watched is not None:
            watched.used = watched.touched = True
        elif target not in self._given_up and not _is_own(target):
            self._see(target)

    def begin_test(self) -> None:
        """A test's set-up is about to begin; what was written since the last one's end came late."""
        for target in self._live():
            if target not in self._watched:
                self.used(target)
        for watched in self._all():
            earlier = watched.now
            if threading.active_count() > 1:
                self._refresh(watched)
            if self._previous and watched.now is not earlier:
                watched.left += _came_late(self._previous, earlier, watched.now)
            watched.before = watched.start = watched.now
            watched.used = False
        self._shared_ended = False

    def shared_set_up(self) -> None:
        """A fixture that several tests share was set up: what it has written belongs to all of them."""
        for watched in self._all():
            earlier = watched.now
            self._refresh(watched)
            for each in _differences(earlier, watched.now):
                watched.shared.update((each.contents.spot, row) for row in each.added)
            watched.before = watched.now

    def shared_ended(self) -> None:
        """A fixture that several tests share was torn down: what is missing from now on was its own."""
        self._shared_ended = True

    def begin_call(self) -> None:
        """The set-up is done: this is what the test finds."""
        self._lived = frozenset(self._live())  # the last test's teardown closes what all have shared
        for watched in self._all():
            self._refresh(watched)
            watched.start = watched.now
            there = watched.start.places
            watched.left = [
                left for each in watched.left if (left := each.remaining(there.get(each.contents.spot)))
            ]

    def end_test(self, test: str, seen: Observations) -> tuple[LeftoverData, ...]:
        """The test and its teardown are over: tell what earlier tests had left and this one could see."""
        crossed, live = self._crossed(seen), self._lived.union(self._live())
        told: list[LeftoverData] = []
        for watched in self._all():
            self._refresh(watched, between_tests=True)
            if watched.target not in self._watched:
                continue
            unseen = watched.target in live and not _DRIVERS[watched.target.kind].isdisjoint(crossed)
            if watched.used or watched.now is not watched.start or unseen:
                told += self._tell(watched, test)
            watched.left += self._new(watched, test)
        self._previous = test
        return tuple(told)

    def close(self) -> None:
        """Let go of every file."""
        self._known.kept.close()

    # -- what is told ---------------------------------------------------------------------------------------------

    def _tell(self, watched: _Watched, test: str) -> list[LeftoverData]:
        seen = [left for left in watched.left if left.phase != "set-up" or _piles_up(left, watched)]
        watched.left = [left for left in watched.left if left not in seen]
        self._told.update(left.contents.spot for left in seen)
        return [
            left.told(watched.target, test) for left in seen if self._told[left.contents.spot] <= MOST_TOLD
        ]

    def _new(self, watched: _Watched, test: str) -> list[_Left]:
        """What this test has left, as far as it is known now: whether anybody sees it, the next ones tell."""
        found: list[_Left] = []
        places = watched.start.places
        for each in _differences(watched.before, watched.now):
            start = places.get(each.contents.spot)
            at_start = Counter(start.rows if start is not None else ())
            by_test = tuple(row for row in each.added if row not in at_start)
            by_set_up = tuple(row for row in each.added if row in at_start)
            changed = tuple(row for old, row in each.changed if old in at_start)
            removed = tuple(
                row for row in each.removed if row in at_start and (each.contents.spot, row) in watched.shared
            )
            found += [
                _Left(test, each.contents, "rows added", by_test, "test", new_place=start is None),
                _Left(test, each.contents, "rows added", by_set_up, "set-up"),
            ]
            if not self._shared_ended:
                found += [
                    _Left(test, each.contents, "rows changed", changed, "test"),
                    _Left(test, each.contents, "rows removed", removed, "test"),
                ]
        return [left for left in found if left.rows]

    def _crossed(self, seen: Observations) -> set[str]:
        """The libraries to which the test's crossings went."""
        self._libraries |= {each.key: each.seam.callee for each in seen.behaviours}
        return {
            self._libraries.get(crossing.behaviour, "")
            for trace in seen.traces
            for crossing in trace.crossings
        }

    # -- reading --------------------------------------------------------------------------------------------------

    def _all(self) -> list[_Watched]:
        return list(self._watched.values())

    def _see(self, target: Target) -> None:
        self._watched[target] = watched = _Watched(target, Digest(), Digest(), Digest())
        watched.now = watched.before = watched.start = self._read(watched)
        watched.touched, watched.mark = True, None  # this was before the first use, which is to come
        while len(self._watched) > MOST_TARGETS:
            self._watched.pop(next(iter(self._watched)))

    def _refresh(self, watched: _Watched, *, between_tests: bool = False) -> None:
        """Read a target again if it may have changed; the digest stays the same object where it has not."""
        if watched.target.connection is not None and watched.target.connection() is None:
            self._watched.pop(watched.target, None)  # a database in memory that is no more
            return
        if not (watched.touched or watched.target.kind == "sqlite" or watched.target in self._live()):
            return
        if self._is_unwritten(watched):
            return
        self._known.kept.may_keep = between_tests
        digest = self._read(watched)
        self._known.kept.may_keep = False
        if watched.target in self._watched and digest.contents != watched.now.contents:
            watched.now = digest

    def _is_unwritten(self, watched: _Watched) -> bool:
        """Whether a database file is as it was when it was read.

        A write within the same tick of the file system's clock leaves the file's time as it is. So a file that was
        written just before it was read counts as unwritten only as long as it is that young still, and no connection of
        this process has written: that of another process shows when the file is read once more.
        """
        mark, earlier = _mark(watched.target), watched.mark
        if mark is None or earlier is None or mark.files != earlier.files:
            return False
        if not earlier.is_young:
            return True
        if not mark.is_young or watched.touched or watched.written is None:
            return False
        return bool(self._written(watched.target) == watched.written)

    def _read(self, watched: _Watched) -> Digest:
        watched.written, watched.mark = self._written(watched.target), _mark(watched.target)
        watched.touched = False
        begun = time.perf_counter()
        digest = _without_caches(self._read_target(watched.target))
        spent = time.perf_counter() - begun
        self._seconds += spent
        self.skipped.update(
            Skipped(f"DF106 {each.what}", each.reason) for each in digest.left_out() if digest.contents
        )
        if not digest.contents and digest.skipped:
            self._forget(watched, digest)
        elif spent > SLOW or self._seconds > MOST_SECONDS:
            self._give_up(watched.target, "reading it takes too long")
        return digest

    def _forget(self, watched: _Watched, digest: Digest) -> None:
        """A target that cannot be read: if it could be before, it has ended, and nobody sees what was in it."""
        self._watched.pop(watched.target, None)
        if not watched.now.taken:
            self._give_up(watched.target, digest.skipped[0][1])

    def _give_up(self, target: Target, reason: str) -> None:
        self._watched.pop(target, None)
        self._given_up.add(target)
        self.skipped.add(Skipped(f"DF106 {target}", reason))


_SHARED = "dryfit_shared"
"""How the names of databases begin that dryfit makes and does not clean."""


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


_CLOCK_STEP = 20_000_000


def _without_caches(digest: Digest) -> Digest:
    """Without keys that expire by themselves, and without what tools record."""
    kept = []
    for contents in digest.contents:
        if contents.columns and contents.columns[-1].name == "expires":
            contents = replace(contents, rows=tuple(row for row in contents.rows if row[-1] != "true"))
        if contents.place.rpartition(".")[2] not in _BOOKKEEPING:
            kept.append(contents)
    return replace(digest, contents=tuple(kept))


def _differences(old: Digest, new: Digest) -> list[Difference]:
    """The places that differ and were read both times."""
    if old is new:
        return []
    before, left_out = old.places, {spot for each in (old, new) for spot, _ in each.skipped}
    return [
        difference(before.get(contents.spot) or emptied(contents), contents)
        for contents in new.contents
        if contents.spot not in left_out and contents is not before.get(contents.spot)
    ]


def _came_late(test: str, old: Digest, new: Digest) -> list[_Left]:
    return [
        _Left(test, each.contents, "rows added", each.added, "late")
        for each in _differences(old, new)
        if each.added
    ]


def _piles_up(left: _Left, watched: _Watched) -> bool:
    """Whether a set-up's rows are joined by those of the next: not so where every set-up makes the same ones anew."""
    spot = left.contents.spot
    before, start = watched.before.places.get(spot), watched.start.places.get(spot)
    return start is not None and bool(
        Counter(start.rows) - Counter(before.rows if before is not None else ())
    )
