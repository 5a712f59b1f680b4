"""When an exploration has enough, as the process that makes it knows; what it would run is made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import pytest

from dryfit.lab.messages import Enough, Request
from dryfit.lab.runner import Runner
from dryfit.model.interleaving import Operation, Overlap

TEST = "test_till.py::test_sell"
BODY = Operation("test", 0, "test_sell")


class Asking:
    """Instruments that ask whether it is enough as soon as a trial begins, and after the leading process has spoken."""

    wants_more = False
    called = calling = None

    def __init__(self, speak: Callable[[], None]) -> None:
        self.speak = speak
        self.heard: list[bool] = []

    def begin(self, *about: object, has_enough: Callable[[], bool], **more: object) -> None:
        self.heard.append(has_enough())
        self.speak()
        self.heard.append(has_enough())

    def end(self, trial: object) -> object:
        return trial


class Once:
    """Runs the test but for the test."""

    def run(
        self, item: object, begin: Callable[[], None], called: None, end: Callable[[], None], calling: None
    ):
        begin()
        end()
        return "passed", ""

    def tear_down_session(self) -> None:
        """There is none."""


@pytest.mark.parametrize(
    ("until", "budget", "heard"),
    [
        (math.inf, 9, [False, True]),
        (0.0, 9, [True, True]),
        (0.0, 0, [False, True]),  # it has other limits
    ],
)
def test_it_is_enough_when_time_is_up_for_a_budget_of_ones_own_or_when_it_is_said(
    tmp_path: Path, until: float, budget: int, heard: list[bool]
) -> None:
    ours, theirs = Pipe()
    instruments = Asking(lambda: ours.send(Enough()))
    idle = SimpleNamespace(failures=[], begin_test=print, begin=lambda *, undisturbed: None, end=lambda: None)
    session = SimpleNamespace(items=[SimpleNamespace(nodeid=TEST)])
    runner = Runner(session, Once(), idle, instruments, idle, until)
    with ours, theirs:
        ours.send(Request(TEST, Overlap(TEST, (BODY, BODY), budget=budget)))
        instruments.speak = lambda: (ours.send(Enough()), ours.close())
        runner.serve(theirs, tmp_path / "stack")

    assert instruments.heard == heard
