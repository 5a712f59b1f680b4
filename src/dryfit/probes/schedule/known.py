"""The runs that were: a choice that leads to one of them need not be made again."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from dryfit.model.interleaving import Choice, Interleaving, Search


@dataclass(slots=True)
class Fork:
    """A choice that was seen, and where each of the workers that were chosen there led to."""

    choice: Choice
    ways: dict[int, Fork | Interleaving] = field(default_factory=dict)


class Known:
    """Remembers runs by their choices."""

    def __init__(self) -> None:
        self._first: Fork | Interleaving | None = None

    def add(self, interleaving: Interleaving) -> None:
        """Remember a run."""
        moves = interleaving.moves
        if not moves:
            self._first = interleaving
            return
        fork = self._first if isinstance(self._first, Fork) else Fork(moves[0].choice)
        self._first = fork
        for move, following in itertools.pairwise(moves):
            way = fork.ways.get(move.chosen)
            if not isinstance(way, Fork):
                fork.ways[move.chosen] = way = Fork(following.choice)
            fork = way
        fork.ways[moves[-1].chosen] = interleaving

    def new(self, ways: Iterable[tuple[int, Iterable[int]]]) -> int:
        """How many turns off a way lead where no run was: of each choice the worker chosen, and those left to try."""
        at: Fork | Interleaving | None = self._first
        found = 0
        for chosen, left in ways:
            tried = at.ways if isinstance(at, Fork) else {}
            found += sum(worker not in tried for worker in left)
            at = tried.get(chosen)
        return found

    def walk(self, search: Search) -> tuple[list[tuple[Choice, int]], Interleaving | None]:
        """Let a search choose as far as the way is known: the choices made, and the run if it was known to its end."""
        made: list[tuple[Choice, int]] = []
        at = self._first
        while isinstance(at, Fork):
            chosen = search.choose(at.choice)
            made.append((at.choice, chosen))
            at = at.ways.get(chosen)
        return made, at
