"""Proposes the experiments of the contention check: which operations of a test are run at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dryfit.checks.experiments import below
from dryfit.checks.names import plain
from dryfit.model.digest import diff
from dryfit.model.interleaving import Operation, OperationKind, Overlap
from dryfit.model.trial import Crossed, Trial

COPIES = 2
MOST_TESTS = 2
"""In so many tests an operation with the same writes below it is tried."""

FIRST, LATER = 0, 1
"""Ranks: operations of which nothing is known yet are tried with the first faults, the others with the next ones."""

MEMORY = "memory"
"""The source of a state digest that stands for what is in memory."""

Writes = tuple[str, tuple[str, ...]]
"""An operation, and from where it writes."""


class OverlapPlanner:
    """Plans one test after the other, and remembers what it has planned."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._planned: Counter[tuple[Writes, ...]] = Counter()

    def plan(self, baseline: Trial) -> tuple[Overlap, ...]:
        """What a test's own operations that write, and come to their end, are to run at once with.

        Each of them with a copy of itself, and with the one that the test performs next; also where that is the same
        operation and is refused, for it would have written otherwise.
        """
        entries = _one_a_request(
            baseline, list(enumerate(each for each in baseline.crossings if each.parent < 0))
        )
        writing = [_Writer(baseline, *entry) for entry in entries if writes(baseline, *entry)]
        names = {each.operation.name for each in writing}
        related = [
            _Writer(baseline, number, crossed)
            for number, crossed in entries
            if plain(crossed.point.seam.callable) in names and not crossed.prepares and not _makes(crossed)
        ]
        return (
            *(replace(wish, seed=self._seed, rank=FIRST) for wish in baseline.wishes),
            *(self._overlap(baseline, (each,) * COPIES) for each in writing if self._is_new((each,))),
            *(
                self._overlap(baseline, pair)
                for pair in pairwise(related)
                if pair[0].operation != pair[1].operation
                and pair[0].operation.kind == pair[1].operation.kind
                and self._is_new(pair)
            ),
        )

    def _is_new(self, writers: Sequence[_Writer]) -> bool:
        """Whether operations that do the same were tried in fewer tests than is enough."""
        done = tuple(sorted(each.does for each in writers))
        self._planned[done] += 1
        return self._planned[done] <= MOST_TESTS

    def _overlap(self, baseline: Trial, writers: Sequence[_Writer]) -> Overlap:
        known = self._planned[tuple(sorted({each.does for each in writers}))]
        return Overlap(
            baseline.test,
            tuple(each.operation for each in writers),
            lines=any(each.is_in_memory for each in writers),
            seed=self._seed,
            rank=FIRST if known <= 1 else LATER,
        )


class _Writer:
    """An entry that writes: as an operation, and what it does, to tell it from others."""

    def __init__(self, baseline: Trial, number: int, crossed: Crossed) -> None:
        seam = crossed.point.seam
        kind: OperationKind = "request" if crossed.request >= 0 else "call"
        nth = crossed.request if crossed.request >= 0 else number
        self.operation = Operation(kind, nth, plain(seam.callable), seam)
        self.does = _writing(baseline, crossed)
        self.is_in_memory = _is_in_memory(baseline, number)


def writes(trial: Trial, number: int, crossed: Crossed) -> bool:
    """Whether an entry changes what others can see: by what it did to the world, or by the state that it left."""
    if crossed.outcome != "returned" or crossed.prepares or _makes(crossed):
        return False
    inside = {each.index for each in (crossed, *below(trial, crossed))}
    return any(each.crossing in inside and each.fate == "lasting" for each in trial.effects) or any(
        diff(each.before, each.after) for each in trial.boundaries if each.entry == number
    )


def _one_a_request(trial: Trial, entries: Sequence[tuple[int, Crossed]]) -> list[tuple[int, Crossed]]:
    """One entry for each request, which is one operation: what a framework calls for it comes last after what it needs.

    The last one that writes, where one does.
    """
    chosen: dict[int, tuple[int, Crossed]] = {}
    for number, crossed in entries:
        key = crossed.request if crossed.request >= 0 else -1 - number
        if key not in chosen or writes(trial, number, crossed) or not writes(trial, *chosen[key]):
            chosen[key] = number, crossed
    return sorted(chosen.values(), key=lambda entry: entry[0])


def _writing(trial: Trial, crossed: Crossed) -> Writes:
    seams = (each.point for each in below(trial, crossed) if each.effect in ("write", "send"))
    places = {f"{each.seam.caller} {each.site.function}" for each in seams}
    return plain(crossed.point.seam.callable), tuple(sorted(places))


def _is_in_memory(trial: Trial, number: int) -> bool:
    """Whether what an entry changes is in memory, and so may be changed between any two lines."""
    return any(
        change.source == MEMORY
        for each in trial.boundaries
        if each.entry == number
        for change in diff(each.before, each.after)
    )


def _makes(crossed: Crossed) -> bool:
    return crossed.point.seam.callable != plain(crossed.point.seam.callable)
