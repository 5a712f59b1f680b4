"""Every order with no preemption, then with one, then with two.

Musuvathi, Qadeer: Iterative context bounding for systematic testing of multithreaded programs, PLDI 2007. A switch from
a worker that cannot go on costs nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dryfit.model.interleaving import Choice, Interleaving
from dryfit.probes.schedule.orders import stay, unlike


@dataclass(frozen=True, slots=True)
class Departure:
    """A run that goes like an earlier one for ``shared`` choices, and then lets ``instead`` go on."""

    earlier: tuple[int, ...]
    shared: int
    instead: int

    def wanted(self, made: int) -> int | None:
        """The worker to go on after so many choices; none where nothing is laid down."""
        if made < self.shared:
            return self.earlier[made]
        return self.instead if made == self.shared else None


class Bounded:
    """Tries orders with at most ``bound`` preemptions, those with fewer first; the bound may be raised in between."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.diverged = ""
        self._levels: list[deque[Departure]] = [deque([Departure((), -1, -1)])]
        self._level = 0
        self._current = self._levels[0][0]
        self._made = 0
        self._ran = 0

    def begin(self) -> bool:
        """Take the next order of the fewest preemptions."""
        for level in range(min(self.bound + 1, len(self._levels))):
            if self._levels[level]:
                self._level, self._made = level, 0
                self._current = self._levels[level].popleft()
                return True
        return False

    def choose(self, choice: Choice) -> int:
        """As laid down, then without preemption."""
        made, self._made = self._made, self._made + 1
        wanted = self._current.wanted(made)
        if wanted is None:
            return stay(choice)
        if wanted in choice.enabled:
            return wanted
        self.diverged = self.diverged or unlike(made, (wanted,), choice.enabled)
        return stay(choice)

    def ended(self, interleaving: Interleaving) -> None:
        """Put aside where the run might have gone another way."""
        self._ran += 1
        schedule = interleaving.schedule
        for made, move in enumerate(interleaving.moves):
            if made > self._current.shared:
                choice = move.choice
                waiting = self._waiting(self._level + (choice.running in choice.enabled))
                waiting.extend(
                    Departure(schedule, made, worker) for worker in choice.enabled if worker != move.chosen
                )

    def _waiting(self, level: int) -> deque[Departure]:
        while len(self._levels) <= level:
            self._levels.append(deque())
        return self._levels[level]

    @property
    def exhausted(self) -> bool:
        """Whether there is no order with more preemptions either."""
        return self._ran > 0 and not self.diverged and not any(self._levels)

    @property
    def due(self) -> int:
        """How many of those within the bound are put aside."""
        return sum(map(len, self._levels[: self.bound + 1]))

    @property
    def at_least(self) -> int:
        """The runs that were, and one for each that is due."""
        return self._ran + self.due
