"""What ``dryfit check`` makes of trials that the user breaks off."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from dryfit import trials
from dryfit.cli import check
from dryfit.config import Config
from dryfit.model.run import Run, TestCounts
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations
from dryfit.run import INTERRUPTED, interrupted, new_run
from dryfit.session import Request


def break_off(*arguments: object) -> NoReturn:
    raise KeyboardInterrupt


@pytest.mark.parametrize("is_heard_by_lab", [False, True])
def test_a_run_whose_trials_were_broken_off_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_heard_by_lab: bool
) -> None:
    config = Config(tmp_path)
    run = Run(new_run(config), ProjectMap(str(tmp_path), ()), Observations(), tests=TestCounts(passed=1))
    tried = interrupted(config, run)
    monkeypatch.setattr(trials, "try_out", (lambda *arguments: tried) if is_heard_by_lab else break_off)
    request = Request(config)
    request.run = run
    check._break(request, config, (), None, None)

    assert request.run.observations.warnings == (INTERRUPTED,)
    assert check._status(request, 0, config) == 130
