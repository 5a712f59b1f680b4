"""What the leading process, a worker, and a runner say to each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from dryfit.config import Config
from dryfit.model.chain import Link
from dryfit.model.trial import Proposed, Trial


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is told when it starts.

    ``number`` counts from 0 to ``workers``; ``home`` is a directory for its temporary files; ``forks`` says whether it
    may fork runners, or is the runner itself. ``instruments`` names what watches a trial, as ``module:callable``.
    ``stop`` is the step at which a debugger is to begin, in the terminal of the leading process. ``until`` is when, by
    the monotonic clock, explorations end that have a budget of their own.
    """

    config: Config
    pytest_args: tuple[str, ...]
    number: int
    workers: int
    home: Path
    forks: bool
    instruments: str
    stop: Link | None = None
    until: float = math.inf

    @property
    def journal(self) -> Path:
        """The file in which a trial's traces in the project's folder are noted."""
        return self.home / "made"


@dataclass(frozen=True, slots=True)
class Collected:
    """From a worker: the tests that it has collected, in their order, and whether it forks runners."""

    tests: tuple[str, ...]
    forks: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """To a worker: start a runner. Its end of the line to the leading process follows as a handle."""


@dataclass(frozen=True, slots=True)
class Ended:
    """From a worker: its runner has ended, with this exit code; negative is the number of a signal."""

    code: int


@dataclass(frozen=True, slots=True)
class Ready:
    """From a runner: it takes requests; ``stack`` is the file to which it writes where it stands, on a signal."""

    pid: int
    stack: Path


@dataclass(frozen=True, slots=True)
class Request:
    """To a runner: run this test, under this experiment or as a baseline trial.

    ``brief`` says that its outcome and its crossings are enough.
    """

    test: str
    experiment: Proposed | None
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Enough:
    """To a runner: answer now, with what the exploration in progress has shown by now."""


@dataclass(frozen=True, slots=True)
class Fired:
    """From a runner: the fault of the trial has happened; or its operations are reached, in each run of the test."""


@dataclass(frozen=True, slots=True)
class Answer:
    """From a runner: what a trial showed. ``worn`` says why it takes no more requests; "" where it does."""

    trial: Trial
    worn: str = ""
