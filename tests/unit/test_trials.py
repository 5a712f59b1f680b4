"""A replay judges what a lab shows again as the whole run has judged it; the lab is made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dryfit import trials
from dryfit.config import Config
from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.finding import Severity
from dryfit.model.interleaving import Ended, Explored, Interleaving, Operation, Overlap, Run, Step
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.structure import Component, Module, ProjectMap
from dryfit.model.trial import Trial

TEST = "test_till.py::test_sell"
SELL = Operation("call", 0, "till.sell", Seam(DRIVER, "till", "till.sell"))
READ = Step(0, "line", "left = STOCK", Place("till.py", 3, "sell"))
CONCURRENT, SEQUENTIAL = "import threading\n", "import json\n"


def left(count: int) -> Digest:
    return Digest((Contents("memory", "till.STOCK", (Column("value"),), ((str(count),),)),))


def run(count: int) -> Run:
    ended = (Ended((("", "None"),)),) * 2
    interleaving = Interleaving((), (READ, replace(READ, worker=1), READ), "completed")
    return Run(interleaving, ended, left(2), left(count))


class OneLab:
    """Shows the same lost update whenever it is asked."""

    def __init__(self, *arguments: object, **options: object) -> None:
        pass

    def replay(self, overlap: Overlap) -> tuple[Trial, Trial, Trial]:
        baseline = Trial(TEST, None, "passed", 0.1)
        explored = Explored(overlap, ((run(0), run(0)),), ((run(1), run(1)),), (run(1),))
        return baseline, baseline, replace(baseline, experiment=overlap, explored=explored)


@pytest.mark.parametrize(("source", "severity"), [(CONCURRENT, "error"), (SEQUENTIAL, "warning")])
def test_a_race_is_as_grave_as_the_source_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, severity: Severity
) -> None:
    monkeypatch.setattr(trials, "Lab", OneLab)
    (tmp_path / "till.py").write_text(source)
    project = ProjectMap(str(tmp_path), (Component("till", 0, (Module("till", "till.py"),)),))
    overlap = Overlap(TEST, (SELL, SELL), lines=True)
    known = trials.contention.judge([(OneLab().replay(overlap)[2].explored, OneLab().replay(overlap)[0])])
    (finding,) = known.findings

    (found,) = trials.replay(Config(tmp_path), project, replace(finding, rule="DF502"), ())
    assert (found.rule, found.severity) == ("DF501", severity)

    (again,) = trials.replay(Config(tmp_path), project, replace(finding, severity="note"), ())
    assert (again.id, again.severity) == (finding.id, "note")
