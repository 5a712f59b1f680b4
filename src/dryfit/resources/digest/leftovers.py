"""Finds what tests leave behind in the databases that they connect to, whoever started those (DF106).

A test's leftovers are what is there when a later test's own set-up has run, and was not there before this test's: so
neither data that are cleaned before each test nor data of fixtures that tests share are leftovers. Read only, between
tests, where something was used.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from dryfit.model.digest import Cells, Contents, Difference, Digest, Spot, difference, emptied, shown_row
from dryfit.model.target import Target
from dryfit.model.trace import LeftoverData, Observations, Skipped
from dryfit.resources.digest.postgres import TRANSACTIONS
from dryfit.resources.digest.rereading import Read, Reading, Rereader, Written

MOST_TARGETS = 64
"""So many targets are known at a time, the last ones used."""

MOST_SHOWN = 3

MOST_TOLD = 100
"""So many leftovers are told of one place; more say nothing more."""

_DRIVERS = {
    "postgres": frozenset({"psycopg", "psycopg2", "asyncpg", "sqlalchemy", "django"}),
    "sqlite": frozenset({"sqlite3", "sqlalchemy", "django"}),
    "redis": frozenset({"redis"}),
}

Phase = Literal["set-up", "test", "late"]


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


@dataclass(slots=True)
class _Watched:
    """One target, beside how it was before the running test's set-up, and after it."""

    reading: Reading
    before: Digest
    start: Digest
    used: bool = True
    shared: Counter[tuple[Spot, Cells]] = field(default_factory=Counter)
    left: list[_Left] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return self.reading.target

    @property
    def now(self) -> Digest:
        """How it was when it was last read."""
        return self.reading.now


class Leftovers:
    """Follows every target through the tests of this process.

    ``live`` gives the targets whose connections may be used without being seen. ``skipped`` is what was not looked at.
    """

    def __init__(
        self,
        live: Callable[[], Iterable[Target]] = tuple,
        read: Read | None = None,
        written: Written = lambda _: None,
    ) -> None:
        self._live = live
        self._rereader = Rereader(read, written)
        self._watched: dict[Target, _Watched] = {}
        self._libraries: dict[str, str] = {}
        self._told: Counter[Spot] = Counter()
        self._previous = ""
        self._shared_ended = False
        self._lived: frozenset[Target] = frozenset()

    @property
    def skipped(self) -> set[Skipped]:
        return self._rereader.skipped

    def used(self, target: Target) -> None:
        """A connection to a target was opened, or is being used; at the first sight of it, its state is read."""
        watched = self._watched.get(target)
        if watched is not None:
            watched.used = watched.reading.touched = True
        elif reading := self._rereader.first(target):
            self._watched[target] = _Watched(reading, reading.now, reading.now)
            while len(self._watched) > MOST_TARGETS:
                self._watched.pop(next(iter(self._watched)))

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
        self._rereader.close()

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

    def _all(self) -> list[_Watched]:
        return list(self._watched.values())

    def _refresh(self, watched: _Watched, *, between_tests: bool = False) -> None:
        """Have a target read again if it may have changed; one that can be read no more is forgotten."""
        reading = watched.reading
        if reading.target.kind != "sqlite" and not reading.touched:  # files show themselves whether they were
            reading.touched = reading.target in self._live()
        if not self._rereader.again(reading, between_tests=between_tests):
            self._watched.pop(reading.target, None)


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
