"""The search that an exploration begins with: few preemptions first, then all of a small space, then at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dryfit.model.interleaving import Choice, Interleaving, Search
from dryfit.probes.schedule.bounded import Bounded
from dryfit.probes.schedule.exhaustive import Exhaustive
from dryfit.probes.schedule.known import Known
from dryfit.probes.schedule.orders import stay, unlike
from dryfit.probes.schedule.priorities import Priorities

SAME = 200
"""After so many draws in a row that were known already nothing new is expected of drawing."""


def search(seed: int, budget: int) -> Staged:
    """A search of at most ``budget`` runs; the seed is for those that are drawn at random.

    Orders of no and of one preemption come first, since most findings need no more; then the full space as long as it
    may be had within the budget, then two preemptions, then PCT. A run that a later stage would repeat is not run
    again, but counts for that stage.
    """
    return Staged(seed, budget)


@dataclass(frozen=True, slots=True)
class Stage:
    """One search, for as many runs in all as it is good for; before the first one nothing is known."""

    search: Search
    runs: int
    is_first: bool = False


class Staged:
    """One search after the other, until one has seen everything or the budget is used up.

    ``diverged`` says where a run first went another way than the same choices had led before.
    """

    def __init__(self, seed: int, budget: int) -> None:
        self._departed = ""
        self._budget = budget
        self._ran = 0
        self._known = Known()
        self._full = Exhaustive()
        self._few = Bounded(bound=1)
        self._drawn = Priorities(seed)
        self._stages = self._plan()
        self._stage = next(self._stages)
        self._made: list[tuple[Choice, int]] = []
        self._choices = 0
        self._off = False

    def _plan(self) -> Iterator[Stage]:
        yield Stage(self._few, self._budget, is_first=True)
        if self._full.at_least <= self._budget:
            yield Stage(self._full, self._budget)
        self._few.bound = 2
        yield Stage(self._few, self._budget)
        yield Stage(self._drawn, self._budget)

    def begin(self) -> bool:
        """Find the next order that was not run yet."""
        while self._ran < self._budget and not self.exhausted:
            if self._new():
                self._choices, self._off = 0, False
                return True
            following = next(self._stages, None)
            if following is None:
                return False
            self._stage = following
        return False

    def _new(self) -> bool:
        """Begin runs of the stage until one is not known."""
        searching, same = self._stage.search, 0
        while self._good() and searching.begin():
            self._made, known = ([], None) if self._stage.is_first else self._known.walk(searching)
            if known is None:
                return True
            searching.ended(known)
            same += 1
            if searching is self._drawn and same > SAME:
                break
        return False

    def _good(self) -> bool:
        stage = self._stage
        if stage.search is not self._full:
            return True
        return self._ran < stage.runs and self._full.at_least <= self._budget

    def choose(self, choice: Choice) -> int:
        """As the stage chooses."""
        made, self._choices = self._choices, self._choices + 1
        if made >= len(self._made):
            return self._stage.search.choose(choice)
        expected, chosen = self._made[made]
        if expected.enabled != choice.enabled:
            self._off = True
            self._departed = self._departed or unlike(made, expected.enabled, choice.enabled)
        return chosen if chosen in choice.enabled else stay(choice)

    def ended(self, interleaving: Interleaving) -> None:
        """Remember the run, and let the stage learn from it; not one that went another way than the stage saw."""
        self._ran += 1
        if self._off:
            return
        self._known.add(interleaving)
        self._stage.search.ended(interleaving)

    @property
    def diverged(self) -> str:
        """Where a run first went another way than the same choices had led before."""
        return self._departed or self._full.diverged or self._few.diverged

    @property
    def exhausted(self) -> bool:
        """Whether every order that may matter was tried; never after a run that diverged."""
        return not self.diverged and (self._full.exhausted or self._few.exhausted)

    @property
    def at_least(self) -> int:
        """How many runs it takes at least to see all: those that were, and those that the stage has still to make."""
        stage = self._stage.search
        if self.exhausted:
            return self._ran
        if stage is self._few:
            return self._ran + self._few.due
        return self._ran + (self._known.new(self._full.way) if stage is self._full else 0)
