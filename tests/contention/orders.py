"""Every order of some operations' steps, without any reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dryfit.model.interleaving import Choice


class EveryOrder:
    """All orders, depth first; that operations begin is no switch that anybody could see, so they do so in order."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._planned: list[int] = []
        self._made: list[tuple[int, tuple[int, ...]]] = []

    def __iter__(self) -> Iterator[Callable[[Choice], int]]:
        while True:
            self._made = []
            yield self._choose
            while self._made and self._made[-1][0] == self._made[-1][1][-1]:
                self._made.pop()
            if not self._made:
                return
            last, enabled = self._made.pop()
            self._planned = [chosen for chosen, _ in self._made] + [enabled[enabled.index(last) + 1]]

    def _choose(self, choice: Choice) -> int:
        at = len(self._made)
        enabled = (at,) if at < self._workers else choice.enabled
        chosen = self._planned[at] if at < len(self._planned) else enabled[0]
        self._made.append((chosen, enabled))
        return chosen
