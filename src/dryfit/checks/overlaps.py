"""Proposes the experiments of the contention check: which operations of a test are run at once."""

from __future__ import annotations

from collections import Counter

from dryfit.checks.experiments import below
from dryfit.checks.names import plain
from dryfit.model.digest import diff
from dryfit.model.interleaving import Operation, OperationKind, Overlap
from dryfit.model.trial import Crossed, Trial

COPIES = 2
MOST_TESTS = 2
"""In so many tests an operation with the same writes below it is tried."""

FIRST, LATER = -1, 1
"""Ranks: operations of which nothing is known yet come before all faults, the others after the first of these."""

MEMORY = "memory"
"""The source of a state digest that stands for what is in memory."""

Writes = tuple[str, frozenset[str]]
"""An operation, and through which seams it writes."""


class OverlapPlanner:
    """Plans one test after the other, and remembers what it has planned."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._planned: Counter[Writes] = Counter()

    def plan(self, baseline: Trial) -> tuple[Overlap, ...]:
        """Each operation that the test starts itself, that writes and comes to its end, twice at once."""
        entries = enumerate(each for each in baseline.crossings if each.parent < 0)
        return tuple(
            self._double(baseline, number, crossed)
            for number, crossed in entries
            if self._is_wanted(baseline, number, crossed)
        )

    def _is_wanted(self, baseline: Trial, number: int, crossed: Crossed) -> bool:
        if crossed.outcome != "returned" or _makes(crossed) or not writes(baseline, number, crossed):
            return False
        writing = _writing(baseline, crossed)
        self._planned[writing] += 1
        return self._planned[writing] <= MOST_TESTS

    def _double(self, baseline: Trial, number: int, crossed: Crossed) -> Overlap:
        seam = crossed.point.seam
        kind: OperationKind = "request" if crossed.request >= 0 else "call"
        nth = crossed.request if crossed.request >= 0 else number
        operation = Operation(kind, nth, plain(seam.callable), seam)
        is_new = self._planned[_writing(baseline, crossed)] == 1
        return Overlap(
            baseline.test,
            (operation,) * COPIES,
            lines=_is_in_memory(baseline, number),
            seed=self._seed,
            rank=FIRST if is_new else LATER,
        )


def writes(trial: Trial, number: int, crossed: Crossed) -> bool:
    """Whether an entry changes anything that others can see: by what it did to the world, or by the state it left."""
    inside = {each.index for each in (crossed, *below(trial, crossed))}
    return any(each.crossing in inside and each.fate == "lasting" for each in trial.effects) or any(
        diff(each.before, each.after) for each in trial.boundaries if each.entry == number
    )


def _writing(trial: Trial, crossed: Crossed) -> Writes:
    seams = (each.point for each in below(trial, crossed) if each.effect in ("write", "send"))
    return plain(crossed.point.seam.callable), frozenset(
        f"{each.seam.caller} {each.site.function}" for each in seams
    )


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
