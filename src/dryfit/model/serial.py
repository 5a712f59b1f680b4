"""Whether operations that ran at once came out as they do one after the other.

What differs between two runs of the same serial order is decided by neither, and is masked. Ids that a database gave
have names of their own (see ``digest.canonical``), wherever they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dryfit.model.digest import Cells, Digest, Spot, canonical, diff
from dryfit.model.interleaving import Ended, Run
from dryfit.model.reply import Leaf

ANY = "<any>"
"""Stands where two runs of one order differ."""

Rows = tuple[tuple[Spot, tuple[Cells, ...]], ...]
Reply = tuple[str, tuple[Leaf, ...]]
Came = tuple[tuple[Reply, ...], Rows]
"""What came of a run: what each operation told its caller, and the state that it left."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What is not compared: leaves of a reply, by path, and columns of a place, by number.

    ``differs`` is what differs besides, and cannot be masked.
    """

    leaves: frozenset[str] = frozenset()
    columns: frozenset[tuple[Spot, int]] = frozenset()
    differs: str = ""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Run, Run]]) -> Masks:
        """The masks that make each of the pairs equal, as far as masks can."""
        found = _Found()
        for first, second in pairs:
            found.compare(first, second)
        return cls(frozenset(found.leaves), frozenset(found.columns), found.differs)


@dataclass(slots=True)
class _Found:
    leaves: set[str] = field(default_factory=set)
    columns: set[tuple[Spot, int]] = field(default_factory=set)
    differs: str = ""

    def compare(self, first: Run, second: Run) -> None:
        for number, (one, other) in enumerate(zip(first.ended, second.ended, strict=True)):
            if _class_of(one) != _class_of(other):
                self.differs = (
                    f"operation {number + 1} ended with {_class_of(one)}, and then with {_class_of(other)}"
                )
            else:
                self._leaves(_told(first, one), _told(second, other))
        self._rows(dict(_rows(first)), dict(_rows(second)))

    def _leaves(self, one: tuple[Leaf, ...], other: tuple[Leaf, ...]) -> None:
        self.leaves |= {path for path, _ in set(one) ^ set(other)}

    def _rows(self, one: dict[Spot, tuple[Cells, ...]], other: dict[Spot, tuple[Cells, ...]]) -> None:
        for spot in sorted({*one, *other}):
            here, there = one.get(spot, ()), other.get(spot, ())
            if len(here) != len(there):
                self.differs = f"{spot[1]} holds {len(here)} rows, and then {len(there)}"
                return
            for cells, others in zip(sorted(here), sorted(there), strict=True):
                self.columns |= {
                    (spot, number)
                    for number, pair in enumerate(zip(cells, others, strict=True))
                    if pair[0] != pair[1]
                }


def came_of(run: Run, masks: Masks, alike: Sequence[int] = ()) -> Came:
    """What came of a run, as a value to compare.

    ``alike`` are the operations by what they do: those that do the same may change places.
    """
    replies: dict[int, list[Reply]] = {}
    for number, ended in enumerate(run.ended):
        kind = alike[number] if alike else number
        replies.setdefault(kind, []).append((_class_of(ended), _masked(_told(run, ended), masks)))
    ordered = tuple(reply for kind in sorted(replies) for reply in sorted(replies[kind]))
    return ordered, state_of(run, masks)


def state_of(run: Run, masks: Masks) -> Rows:
    """The state that a run left, as a value to compare."""
    return tuple(
        (
            spot,
            tuple(
                sorted(
                    tuple(ANY if (spot, number) in masks.columns else cell for number, cell in enumerate(row))
                    for row in rows
                )
            ),
        )
        for spot, rows in _rows(run)
    )


def changes(run: Run) -> tuple[str, ...]:
    """What a run changed, in words."""
    return tuple(str(change) for change in diff(run.before, run.after))


def _class_of(ended: Ended | None) -> str:
    if ended is None:
        return "no end"
    return ended.error.bases[0] if ended.error is not None and ended.error.bases else "a value"


def _told(run: Run, ended: Ended | None) -> tuple[Leaf, ...]:
    if ended is None:
        return ()
    generated = _generated(run.before, run.after)
    return tuple((path, "<id>" if value.strip("'\"") in generated else value) for path, value in ended.told)


def _generated(before: Digest, after: Digest) -> frozenset[str]:
    """The values that a database or a library gave during a run: they are there, and not by their own name."""
    new = Counter(cell for each in after.contents for row in each.rows for cell in row)
    named = {cell for each in canonical(after, before).contents for row in each.rows for cell in row}
    old = {cell for each in before.contents for row in each.rows for cell in row}
    return frozenset(cell.strip('"') for cell in new if cell not in named and cell not in old)


def _masked(told: tuple[Leaf, ...], masks: Masks) -> tuple[Leaf, ...]:
    return tuple((path, ANY if path in masks.leaves else value) for path, value in told)


def _rows(run: Run) -> Rows:
    """What the places that changed hold afterwards."""
    before = run.before.places
    skipped = {spot for digest in (run.before, run.after) for spot, _ in digest.skipped}
    return tuple(
        (each.spot, each.rows)
        for each in canonical(run.after, run.before).contents
        if each.spot not in skipped
        if each.spot not in before or before[each.spot].rows != each.rows
    )
