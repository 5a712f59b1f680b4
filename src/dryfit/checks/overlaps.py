"""Proposes the experiments of the contention check: which operations of a test are run at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dryfit.checks.across import AcrossTests
from dryfit.checks.names import plain
from dryfit.checks.writers import Writer, Writes, entries_of, makes, writer, writes
from dryfit.model.interleaving import Overlap
from dryfit.model.trial import Trial

COPIES = 2
MOST_TESTS = 2
"""In so many tests an operation with the same writes below it is tried."""

FIRST, LATER = 0, 1
"""Ranks: operations of which nothing is known yet are tried with the first faults, the others with the next ones."""


class OverlapPlanner:
    """Plans one test after the other, and remembers what it has planned."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._planned: Counter[tuple[tuple[Writes, str], ...]] = Counter()
        self._across = AcrossTests(seed)

    def plan(self, baseline: Trial) -> tuple[Overlap, ...]:
        """What a test's own operations that write, and come to their end, are to run at once with.

        Each of them with a copy of itself, and with the one that the test performs next; also where that is the same
        operation and is refused, for it would have written otherwise. At last with those of tests before.
        """
        entries = entries_of(baseline)
        writing = [writer(baseline, *entry) for entry in entries if writes(baseline, *entry)]
        names = {each.operation.name for each in writing}
        related = [
            writer(baseline, number, crossed)
            for number, crossed in entries
            if plain(crossed.point.seam.callable) in names and not crossed.prepares and not makes(crossed)
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
            *self._across.plan(baseline, writing),
        )

    def _is_new(self, writers: Sequence[Writer]) -> bool:
        """Whether operations that do the same, and end alike, were tried in fewer tests than is enough."""
        done = tuple(sorted((each.does, each.operation.outcome) for each in writers))
        self._planned[done] += 1
        return self._planned[done] <= MOST_TESTS

    def _overlap(self, baseline: Trial, writers: Sequence[Writer]) -> Overlap:
        known = self._planned[tuple(sorted({(each.does, each.operation.outcome) for each in writers}))]
        return Overlap(
            baseline.test,
            tuple(each.operation for each in writers),
            lines=any(each.is_in_memory for each in writers),
            seed=self._seed,
            rank=FIRST if known <= 1 else LATER,
        )
