"""Random orders that find a bug of few ordered steps with a known probability: PCT.

Burckhardt, Kothari, Musuvathi, Nagarakatte: A randomized scheduler with probabilistic guarantees of finding bugs,
ASPLOS 2010. A bug that needs ``depth`` steps in order is found by a run with at least 1 / (n * k ** (depth - 1)),
for n workers and k choices.
"""

from __future__ import annotations

from random import Random

from dryfit.model.interleaving import Choice, Interleaving


class Priorities:
    """Lets the worker of the highest priority go on, and lowers it at ``depth - 1`` choices drawn at random.

    Run number n depends on the seed, on n, and on how long the longest run before it was.
    """

    def __init__(self, seed: int, depth: int = 3, longest: int = 1) -> None:
        self._seed = seed
        self._depth = depth
        self._longest = longest
        self._ran = 0
        self._begun = 0
        self._made = 0
        self._random = Random()
        self._priorities: dict[int, float] = {}
        self._lowered: dict[int, int] = {}

    def begin(self) -> bool:
        """Draw priorities, and where they change."""
        self._random.seed(f"{self._seed} {self._begun}")
        self._begun += 1
        self._made = 0
        self._priorities.clear()
        self._lowered = {self._random.randrange(self._longest): -rank for rank in range(1, self._depth)}
        return True

    def choose(self, choice: Choice) -> int:
        """The worker of the highest priority that can go on, after a change that is due."""
        for worker in choice.enabled:
            if worker not in self._priorities:
                self._priorities[worker] = self._random.random()
        if self._made in self._lowered:
            self._priorities[self._highest(choice)] = self._lowered[self._made]
        self._made += 1
        return self._highest(choice)

    def _highest(self, choice: Choice) -> int:
        return max(choice.enabled, key=self._priorities.__getitem__)

    def ended(self, interleaving: Interleaving) -> None:
        """Learn how long a run is."""
        self._ran += 1
        self._longest = max(self._longest, len(interleaving.moves))

    @property
    def diverged(self) -> str:
        """Nowhere: nothing is expected of a run."""
        return ""

    @property
    def exhausted(self) -> bool:
        """Never: what was drawn may be drawn again."""
        return False

    @property
    def at_least(self) -> int:
        """One, for orders may have been repeated."""
        return min(self._ran, 1)
