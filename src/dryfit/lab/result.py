"""What the lab tells: while it works, and at the end."""

from __future__ import annotations

from dataclasses import dataclass

from dryfit.model.trace import Skipped
from dryfit.model.trial import Trial

TestTrials = tuple[Trial, Trial, tuple[Trial, ...]]
"""Two baseline trials of one test, and the trials of its experiments, in the order in which they were planned."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the trials planned so far are done; ``test`` is the one that ran last."""

    done: int
    planned: int
    test: str


@dataclass(frozen=True, slots=True)
class LabResult:
    """Everything that was tried, in the order in which the suite has its tests.

    ``not_repeatable`` counts those of ``skipped`` whose baselines differ. ``exhausted`` says that every experiment was
    tried that was planned, and for every test one was asked for; ``interrupted`` that the user broke off.
    """

    trials: tuple[TestTrials, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    not_repeatable: int = 0
    exhausted: bool = True
    interrupted: bool = False
