"""One run and what is to be told of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dryfit.model.finding import CheckName, Finding
from dryfit.model.seam import Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations, Skipped
from dryfit.model.trial import Verdict

CUT_SHORT = "interrupted"
"""How the reason begins why something was not tried: the user did not wait for it."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Who, when and where: ``started`` is ISO 8601 in UTC, ``revision`` the git commit or ""."""

    id: str
    started: str
    seconds: float
    python: str
    revision: str
    seed: int


@dataclass(frozen=True, slots=True)
class TestCounts:
    """How the project's own tests ended."""

    __test__ = False

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_repeatable: int = 0


@dataclass(frozen=True, slots=True)
class SeamCoverage:
    """How one seam was integrated. ``sites`` are its call sites in the source; ``sites_covered`` those that a test ran.

    ``status`` is exercised, mocked only, or unexercised; the shapes count distinct argument shapes and outcome shapes
    or exceptions (coupling criteria of Jin and Offutt, 1998).
    """

    seam: Seam
    status: str
    sites: int
    sites_covered: int
    argument_shapes: int
    outcome_shapes: int
    exceptions: int
    crossings: int
    tests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """What one check did: trials, faults that did not fire, time, whether its space was exhausted, what it left out.

    Of contention the trials are interleavings, of so many ``overlaps``.
    """

    check: CheckName
    seconds: float
    trials: int = 0
    not_injected: int = 0
    exhausted: bool = True
    skipped: tuple[Skipped, ...] = ()
    overlaps: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that reports are made of, as the store holds it."""

    info: RunInfo
    project: ProjectMap
    observations: Observations
    coverage: tuple[SeamCoverage, ...] = ()
    checks: tuple[CheckSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    tests: TestCounts = field(default_factory=TestCounts)
    verdicts: tuple[Verdict, ...] = ()
