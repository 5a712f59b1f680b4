"""Whether operations that ran at once came out as they do one after the other.

What differs between two runs of the same serial order is decided by neither, and is masked. Ids that a database gave
have names of their own (see ``digest.canonical``), wherever they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dryfit.model.digest import Cells, Digest, Spot, canonical, diff
from dryfit.model.interleaving import Ended, Run, Sent
from dryfit.model.reply import Leaf

ANY = "<any>"
"""Stands where two runs of one order differ."""

_WORD = re.compile(r"\w+")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?!\d)")
"""A time of day as people are told it."""
_MEASURED = re.compile(
    r"(?:.*_)?(?:at|date|duration|elapsed|latency|millis|ms|seconds|time|timestamp|took|ts)"
)
"""What a part of a message is called that a clock gave."""

Rows = tuple[tuple[Spot, tuple[Cells, ...]], ...]
Reply = tuple[str, tuple[Leaf, ...]]
_Reply = tuple[int, str, tuple[Leaf, ...]]
Sends = tuple[tuple[str, tuple[Leaf, ...]], ...]
Came = tuple[tuple[Reply, ...], Rows, Sends]
"""What came of a run: what each operation told its caller, the state that it left, and what was sent by whomever."""


@dataclass(frozen=True, slots=True)
class Masks:
    """What is not compared: leaves of a reply, by path, and columns of a place, by number.

    Of what was ``sent`` leaves, by path, and by whose callable; ``uncounted`` are callables of which nothing is
    compared. ``generated`` is what was given in serial orders; ``differs`` is what differs besides, and cannot be
    masked.
    """

    leaves: frozenset[str] = frozenset()
    columns: frozenset[tuple[Spot, int]] = frozenset()
    sent: frozenset[tuple[str, str]] = frozenset()
    uncounted: frozenset[str] = frozenset()
    generated: frozenset[str] = frozenset()
    differs: str = ""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Run, Run]]) -> Masks:
        """The masks that make each of the pairs equal, as far as masks can."""
        found = _Found()
        for first, second in pairs:
            found.compare(_Seen.of(first), _Seen.of(second))
        return cls(
            frozenset(found.leaves),
            frozenset(found.columns),
            frozenset(found.sent),
            frozenset(found.uncounted),
            frozenset(found.generated),
            found.differs,
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A run with what takes time to find out: what the places that changed hold, and the values that were given.

    Those are of a database or a library: they are there, and not by their own name. ``given`` are all of them,
    ``generated`` those that nothing else is like.
    """

    run: Run
    rows: Rows
    given: frozenset[str]
    generated: frozenset[str]

    @classmethod
    def of(cls, run: Run) -> _Seen:
        before = run.before.places
        skipped = {spot for digest in (run.before, run.after) for spot, _ in digest.skipped}
        rows = []
        cells, names = Counter[str](), Counter[str]()
        for plain, each in zip(run.after.contents, canonical(run.after, run.before).contents, strict=True):
            old = before.get(each.spot)
            if old is not None and old.rows == each.rows:
                continue
            cells.update(cell for row in plain.rows for cell in row)
            names.update(cell for row in each.rows for cell in row)
            if each.spot not in skipped:
                rows.append((each.spot, each.rows))
        given = frozenset(cell.strip('"') for cell in cells - names)
        return cls(run, tuple(rows), given, _without_known(cells.keys() - names.keys(), run.before))

    def told(self, ended: Ended | None) -> tuple[Leaf, ...]:
        """What an operation returned."""
        return tuple(
            (path, "<id>" if value.strip("'\"") in self.generated else value)
            for path, value in self.leaves(ended)
        )

    def leaves(self, ended: Ended | None) -> tuple[Leaf, ...]:
        """The same as it was."""
        return ended.told if ended is not None else ()

    def has_given(self, value: str) -> bool:
        """Whether a value that was returned may be one that was generated."""
        return value.strip("'\"") in self.given


def _without_known(cells: set[str], before: Digest) -> frozenset[str]:
    """The cells that were not there before, without quotes."""
    if cells:
        cells = cells - {cell for each in before.contents for row in each.rows for cell in row}
    return frozenset(cell.strip('"') for cell in cells)


@dataclass(slots=True)
class _Found:
    leaves: set[str] = field(default_factory=set)
    columns: set[tuple[Spot, int]] = field(default_factory=set)
    sent: set[tuple[str, str]] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    generated: set[str] = field(default_factory=set)
    differs: str = ""

    def compare(self, first: _Seen, second: _Seen) -> None:
        for number, (one, other) in enumerate(zip(first.run.ended, second.run.ended, strict=True)):
            if _class_of(one) != _class_of(other):
                self.differs = (
                    f"operation {number + 1} ended with {_class_of(one)}, and then with {_class_of(other)}"
                )
            else:
                self.leaves |= {path for path, _ in set(first.told(one)) ^ set(second.told(other))}
        self._rows(dict(first.rows), dict(second.rows))
        self.generated |= first.generated | second.generated
        for callable_ in {each.callable for each in (*first.run.sent, *second.run.sent)}:
            self._sent(callable_, _by(callable_, first), _by(callable_, second))

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

    def _sent(self, callable_: str, one: Sequence[set[Leaf]], other: Sequence[set[Leaf]]) -> None:
        """Runs of one order send in one order, unless it is no part of what they do."""
        if len(one) != len(other):
            self.uncounted.add(callable_)
        for here, there in zip(one, other, strict=False):
            self.sent |= {(callable_, path) for path, _ in here ^ there}


def _by(callable_: str, seen: _Seen) -> list[set[Leaf]]:
    return [set(_held(each, seen.generated)) for each in seen.run.sent if each.callable == callable_]


def came_of(run: Run, masks: Masks, alike: Sequence[int] = ()) -> Came:
    """What came of a run, as a value to compare.

    ``alike`` are the operations by what they do: those that do the same may change places.
    """
    seen = _Seen.of(run)
    replies: dict[int, list[Reply]] = {}
    for number, ended in enumerate(run.ended):
        kind = alike[number] if alike else number
        replies.setdefault(kind, []).append((_class_of(ended), _masked(seen.told(ended), masks)))
    ordered = tuple(reply for kind in sorted(replies) for reply in sorted(replies[kind]))
    return ordered, _state_of(seen, masks), _sends_of(seen, masks)


def comes_out_as(run: Run, other: Run, masks: Masks, alike: Sequence[int] = ()) -> bool:
    """Whether the same came of two runs, though each has generated values of its own.

    A number that one of them was given as an id may be the other's count of something: what is the same is the same,
    whatever was generated, and else only what was generated in both.
    """
    one, two = _Seen.of(run), _Seen.of(other)
    kinds = alike or range(len(run.ended))

    def replies(seen: _Seen) -> list[_Reply]:
        ends = zip(kinds, seen.run.ended, strict=True)
        return [(kind, _class_of(ended), seen.leaves(ended)) for kind, ended in ends]

    def are_same(mine: _Reply, others: _Reply) -> bool:
        return mine[:2] == others[:2] and _same_leaves(mine[2], others[2], masks, one, two)

    return (
        _state_of(one, masks) == _state_of(two, masks)
        and _sends_of(one, masks) == _sends_of(two, masks)
        and _match(replies(one), replies(two), are_same)
    )


def _match(mine: list[_Reply], others: list[_Reply], are_same: Callable[[_Reply, _Reply], bool]) -> bool:
    """Whether each of the one has one of the others as its own."""
    left = list(others)
    for each in mine:
        found = next((number for number, other in enumerate(left) if are_same(each, other)), None)
        if found is None:
            return False
        del left[found]
    return not left


def _same_leaves(
    mine: tuple[Leaf, ...], others: tuple[Leaf, ...], masks: Masks, one: _Seen, two: _Seen
) -> bool:
    return len(mine) == len(others) and all(
        path == there
        and (path in masks.leaves or value == other or (one.has_given(value) and two.has_given(other)))
        for (path, value), (there, other) in zip(mine, others, strict=True)
    )


def left_by(run: Run, masks: Masks) -> tuple[Rows, Sends]:
    """The state that a run left, and what was sent, as a value to compare."""
    seen = _Seen.of(run)
    return _state_of(seen, masks), _sends_of(seen, masks)


def changes(run: Run) -> tuple[str, ...]:
    """What a run changed, in words."""
    return tuple(str(change) for change in diff(run.before, run.after))


def _class_of(ended: Ended | None) -> str:
    if ended is None:
        return "no end"
    if ended.errors and ended.errors[0].bases:
        return ended.errors[0].bases[0]
    if ended.answered is not None:
        return f"status {ended.answered.status}"
    return "a failure" if ended.has_failed else "a value"


def _masked(told: tuple[Leaf, ...], masks: Masks) -> tuple[Leaf, ...]:
    return tuple((path, ANY if path in masks.leaves else value) for path, value in told)


def _state_of(seen: _Seen, masks: Masks) -> Rows:
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
        for spot, rows in seen.rows
    )


def _sends_of(seen: _Seen, masks: Masks) -> Sends:
    given = seen.generated | masks.generated
    return tuple(
        sorted(
            (
                each.callable,
                tuple(
                    (path, ANY if (each.callable, path) in masks.sent else text)
                    for path, text in _held(each, given)
                ),
            )
            for each in seen.run.sent
            if each.callable not in masks.uncounted
        )
    )


def _held(sent: Sent, generated: frozenset[str]) -> tuple[Leaf, ...]:
    """What was sent leaf by leaf, without times, and what was generated during the run."""
    return tuple((path, _without_generated(path, text, generated)) for path, text in sent.told)


def _without_generated(path: str, text: str, generated: frozenset[str]) -> str:
    if text.strip('"') in generated:
        return "<id>"
    if _MEASURED.fullmatch(path.rpartition(".")[2].lower()):
        return "<time>"
    text = _CLOCK.sub("<time>", text)
    return _WORD.sub(lambda word: "<id>" if word[0] in generated else word[0], text)
