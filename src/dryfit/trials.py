"""The second half of a run, after the tests: plan → trials → judge → findings → store."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from dryfit.checks import exceptions
from dryfit.checks.experiments import Planner, known_failures
from dryfit.checks.faulted import Tried
from dryfit.checks.judgement import sorted_findings
from dryfit.checks.pairs import Pairs
from dryfit.checks.promising import Promising
from dryfit.config import Config
from dryfit.discover.raises import raised_by
from dryfit.discover.tolerated import tolerated_in
from dryfit.lab.lab import Lab
from dryfit.lab.result import LabResult, Progress
from dryfit.model.finding import CheckName, Finding
from dryfit.model.run import CheckSummary, Run
from dryfit.model.structure import Tolerated
from dryfit.store import accepted
from dryfit.store.writer import amend

CHECK: CheckName = "exceptions"


def break_seams(
    config: Config, run: Run, pytest_args: Sequence[str], workers: int, told: Callable[[Progress], None]
) -> Run:
    """The run, with what the exceptions check found in trials of its tests; it is kept, too.

    ``told`` hears how far the trials are. Raises ``LabError`` where no trial can be run at all.
    """
    begun = time.monotonic()
    failures = known_failures(run.project, run.observations, raised_by(config.root, run.project))
    lab = Lab(config, pytest_args, budget=config.budget.value or None, workers=workers)
    promising = Promising(run.observations, failures)
    planner = Planner(failures)
    result = lab.run(planner.plan, told, follow=Pairs(planner.offers).plan, batches=promising.batches)
    tried = _tried(result)
    broken = exceptions.judge(tried, run.observations, _tolerated(config, tried))
    applied = accepted.apply(broken.judgement.findings, accepted.read(config.root), [CHECK])
    seconds = time.monotonic() - begun
    summary = CheckSummary(
        CHECK,
        seconds,
        trials=len(tried),
        not_injected=sum(not each.trial.fired for each in tried),
        exhausted=result.exhausted,
        skipped=(*result.skipped, *broken.judgement.skipped),
    )
    run = replace(
        run,
        info=replace(run.info, seconds=run.info.seconds + seconds),
        checks=(*run.checks, summary),
        findings=sorted_findings((*run.findings, *applied.findings)),
        verdicts=broken.verdicts,
        tests=replace(run.tests, not_repeatable=result.not_repeatable),
    )
    amend(config.root, run)
    return run


def replay(config: Config, finding: Finding, pytest_args: Sequence[str]) -> tuple[Finding, ...]:
    """Run the one trial that showed a finding, and judge it: what it shows now, the same finding first if it does."""
    assert finding.experiment is not None
    lab = Lab(config, pytest_args, budget=None, workers=1)
    first, second, trial = lab.replay(finding.experiment)
    tried = (Tried(trial, (first, second)),)
    found = exceptions.judge(tried, tolerated=_tolerated(config, tried)).judgement.findings
    return tuple(sorted(found, key=lambda each: each.id != finding.id))


def _tolerated(config: Config, tried: Sequence[Tried]) -> tuple[Tolerated, ...]:
    """What the source says of the lines that a failure passed."""
    passed = (each.point.site.file for one in tried if one.hit for each in (one.hit, *one.around))
    return tolerated_in(config.root, passed)


def _tried(result: LabResult) -> tuple[Tried, ...]:
    return tuple(Tried(trial, (first, second)) for first, second, trials in result.trials for trial in trials)
