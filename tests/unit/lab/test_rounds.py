"""Whether lines are switch points is settled by the first run, and kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from dryfit.lab.exploration import Wanted
from dryfit.lab.rounds import Rounds
from dryfit.model.digest import Digest
from dryfit.model.interleaving import Explored, Interleaving, Overlap, Run
from dryfit.probes.schedule import serial

RUN = Run(Interleaving((), (), "completed"), (), Digest(), Digest())


class AtOnce:
    """Runs nothing, and notes whether lines were to be switch points."""

    def __init__(self, answers: list[bool]) -> None:
        self.lines: list[bool] = []
        self._answers = answers

    def forget(self) -> None:
        """There is nothing to forget."""

    def needs_lines(self, run: Run) -> bool:
        return self._answers.pop(0)

    @contextmanager
    def governed(self, *, lines: bool) -> Iterator[None]:
        self.lines.append(lines)
        yield

    def run(self, operations: object, choose: object, *, narrated: bool) -> Run:
        return RUN


def exploration() -> Generator[Wanted, Run, Explored]:
    for _ in range(3):
        yield Wanted((0,), serial((0,)))
    return Explored(Overlap("test", ()))


@pytest.mark.parametrize(
    ("known", "answers", "expected"),
    [
        (None, [False], [True, False, False]),
        (None, [True], [True, True, True]),
        (False, [], [False, False, False]),
        (True, [], [True, True, True]),
    ],
)
def test_the_first_run_tells_for_all(known: bool | None, answers: list[bool], expected: list[bool]) -> None:
    at_once = AtOnce(answers)
    rounds = Rounds(at_once, exploration(), known)
    for _ in range(3):
        rounds.run([print])

    assert at_once.lines == expected
    assert rounds.explored is not None
