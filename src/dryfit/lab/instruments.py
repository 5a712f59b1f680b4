"""What watches a trial: which probes, in which order, and what each of them contributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from types import CodeType
from typing import Protocol, cast

from dryfit.config import Config
from dryfit.model.probe import Probe
from dryfit.model.seam import Place
from dryfit.model.trial import Experiment, Trial
from dryfit.probes.trial import TrialRecorder
from dryfit.weave import Weave

Fire = Callable[[], None]
"""Is called when the fault of an experiment has happened."""


class Instruments(Protocol):
    """Everything that looks at one trial after the other, in the process that runs them."""

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Those for the loop, in the order in which they stand there."""

    def begin(self, test: str, experiment: Experiment | None, fired: Fire) -> None:
        """A trial begins: before the test's set-up."""

    def called(self) -> None:
        """The test's call is over; its teardown follows."""

    def end(self, trial: Trial) -> Trial:
        """The trial is over: ``trial``, with what was seen."""


class Recording:
    """Records every crossing of a trial."""

    def __init__(self, weave: Weave, config: Config) -> None:
        self._weave = weave
        self._recorder = TrialRecorder(lambda crossing: (), place_of=self._place_of)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """The recorder alone."""
        return (self._recorder,)

    def begin(self, test: str, experiment: Experiment | None, fired: Fire) -> None:
        """Forget the last trial."""
        self._recorder.begin(test, baseline=experiment is None)

    def called(self) -> None:
        """Nothing is looked at here."""

    def end(self, trial: Trial) -> Trial:
        """With what crossed the seams."""
        crossings, errors = self._recorder.finish()
        return replace(trial, crossings=crossings, errors=errors)

    def _place_of(self, code: CodeType, line: int) -> Place | None:
        sites = self._weave.sites
        if sites.owner(code.co_filename) is None:
            return None
        return Place(sites.relative(code.co_filename), line, code.co_qualname)


STANDARD = "dryfit.lab.instruments:Recording"


def instruments_named(name: str, weave: Weave, config: Config) -> Instruments:
    """Those that ``name`` stands for, as ``module:callable``; the callable takes the weave and the configuration."""
    module, _, made_by = name.partition(":")
    return cast(Instruments, getattr(import_module(module), made_by)(weave, config))
