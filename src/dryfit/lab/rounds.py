"""The runs of one exploration that takes a run of the whole test for each interleaving."""

from __future__ import annotations

from collections.abc import Sequence

from dryfit.lab.at_once import AtOnce
from dryfit.lab.calls import Call
from dryfit.lab.exploration import Exploration
from dryfit.model.interleaving import Explored, Run


class Rounds:
    """Makes the run that an exploration wants next, each time when the test has come to its operations.

    ``made`` counts those that came to their end; ``explored`` is what all of them showed, ``None`` as long as more are
    wanted. ``lines`` says whether lines of the components are switch points; ``None`` until the first run has told.
    """

    def __init__(self, at_once: AtOnce, exploration: Exploration, lines: bool | None = None) -> None:
        self.made = 0
        self.lines = lines
        self.explored: Explored | None = None
        self._at_once = at_once
        at_once.forget()
        self._exploration = exploration
        self._wanted = next(exploration)

    def run(self, operations: Sequence[Call]) -> None:
        """Make one, in threads."""
        with self._at_once.governed(lines=self.lines is not False):
            wanted = self._wanted
            self._ran(self._at_once.run(self._of(operations), wanted.choose, narrated=wanted.narrated))

    async def run_tasks(self, operations: Sequence[Call]) -> None:
        """Make one of coroutine functions, within the loop that runs the test."""
        with self._at_once.governed_tasks(lines=self.lines is not False):
            wanted, calls = self._wanted, self._of(operations)
            self._ran(await self._at_once.run_tasks(calls, wanted.choose, narrated=wanted.narrated))

    def _of(self, operations: Sequence[Call]) -> list[Call]:
        return [operations[worker] for worker in self._wanted.workers]

    def _ran(self, run: Run | None) -> None:
        """Tell the exploration what a run showed; one that has to be made again is made the next time."""
        self.made += 1
        if run is None:
            return
        if self.lines is None:
            self.lines = self._at_once.needs_lines(run)
        try:
            self._wanted = self._exploration.send(run)
        except StopIteration as stop:
            self.explored = stop.value
