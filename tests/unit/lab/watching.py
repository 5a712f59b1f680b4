"""Instruments for the tests of the lab, imported by its workers: crossings are recorded, and faults are plain ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dryfit.config import Config
from dryfit.lab.instruments import Fire
from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Raised
from dryfit.model.probe import Act, Probe, Raise
from dryfit.model.trial import Experiment, Leak, Trial
from dryfit.probes.trial import TrialRecorder
from dryfit.resources.environment import Environment
from dryfit.weave import Weave


class Watching:
    """Raises a ``RuntimeError`` where an experiment says so; counts how often a test was called as a leak."""

    def __init__(self, weave: Weave, config: Config, resources: Environment, folder: Path) -> None:
        self._recorder = TrialRecorder(lambda crossing: ())
        self._experiment: Experiment | None = None
        self._calls = 0

    @property
    def probes(self) -> tuple[Probe, ...]:
        return (self, self._recorder)

    def begin(self, test: str, experiment: Experiment | None, fired: Fire, **more: object) -> None:
        self._recorder.begin(test, baseline=experiment is None)
        self._experiment, self._fired, self._calls = experiment, fired, 0

    def body(self, body: Callable[[], object]) -> object:
        return body()

    @property
    def other(self) -> str:
        return ""

    def lend(self, body: Callable[[], object] | str) -> None:
        """Nobody asks for it."""

    def calling(self) -> None:
        """It makes no difference."""

    def called(self) -> None:
        self._calls += 1

    @property
    def wants_more(self) -> bool:
        """Each trial is one run of its test."""
        return False

    def end(self, trial: Trial) -> Trial:
        crossings, errors = self._recorder.finish()
        called = Leak("task", "calls that ended", self._calls)
        return replace(trial, crossings=crossings, errors=errors, leaks=(called,))

    def before(self, crossing: Crossing) -> Act:
        if not self._is_here(crossing, "before"):
            return None
        self._fired()
        return Raise(RuntimeError("injected"))

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        if not self._is_here(crossing, "after"):
            return outcome
        self._fired()
        return Raised(RuntimeError("injected"))

    def _is_here(self, crossing: Crossing, when: str) -> bool:
        wanted = self._experiment
        return wanted is not None and wanted.when == when and self._recorder.point(crossing) == wanted.point


class Broken(Watching):
    """Fails itself."""

    def end(self, trial: Trial) -> Trial:
        raise ValueError("out of paper")
