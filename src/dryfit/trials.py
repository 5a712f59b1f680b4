"""The second half of a run, after the tests: plan → trials → judge → findings → store."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from dryfit.checks import contention, exceptions, held_across
from dryfit.checks.changed import ChangedFirst
from dryfit.checks.experiments import Planner, known_failures
from dryfit.checks.faulted import Tried
from dryfit.checks.judgement import Judgement, combine, sorted_findings
from dryfit.checks.overlaps import OverlapPlanner
from dryfit.checks.propagated import stop_of
from dryfit.config import Config
from dryfit.discover.raises import raised_by
from dryfit.lab.lab import Lab, Plan
from dryfit.lab.result import LabResult, Progress, TestTrials
from dryfit.model.finding import CheckName, Finding
from dryfit.model.interleaving import Explored, Overlap
from dryfit.model.run import CheckSummary, Run
from dryfit.model.seam import Place
from dryfit.model.trial import Experiment, Proposed, Trial, Verdict
from dryfit.store import accepted
from dryfit.store.writer import amend

TRYING: tuple[CheckName, ...] = ("exceptions", "contention")
"""The checks that have trials."""


def try_out(
    config: Config,
    run: Run,
    pytest_args: Sequence[str],
    workers: int,
    told: Callable[[Progress], None],
    changed: Collection[str] | None = None,
) -> Run:
    """The run, with what the checks found in trials of its tests; it is kept, too.

    ``told`` hears how far the trials are; what has to do with files that have ``changed`` is tried first. Raises
    ``LabError`` where no trial can be run at all.
    """
    begun = time.monotonic()
    wanted = [each for each in TRYING if each in config.only.value]
    lab = Lab(config, pytest_args, budget=config.budget.value or None, workers=workers)
    plan = _plan(config, run, wanted)
    if changed is None:
        result = lab.run(plan, told)
    else:
        first = ChangedFirst(plan, changed, run.project)
        result = lab.run(first.plan, told, first.is_later)
    judgements: dict[CheckName, Judgement] = {}
    verdicts: tuple[Verdict, ...] = ()
    if "exceptions" in wanted:
        broken = exceptions.judge(_tried(result), run.observations)
        judgements["exceptions"], verdicts = broken.judgement, broken.verdicts
    if "contention" in wanted:
        judgements["contention"] = combine(
            [
                contention.judge(_explored(result.trials)),
                held_across.judge(first for first, *_ in result.trials),
            ]
        )
    seconds = time.monotonic() - begun
    found = tuple(finding for each in judgements.values() for finding in each.findings)
    run = replace(
        run,
        info=replace(run.info, seconds=run.info.seconds + seconds),
        checks=(*run.checks, *(_summary(check, each, result, seconds) for check, each in judgements.items())),
        findings=sorted_findings(
            (*run.findings, *accepted.apply(found, accepted.read(config.root), wanted).findings)
        ),
        verdicts=verdicts,
        tests=replace(run.tests, not_repeatable=result.not_repeatable),
    )
    amend(config.root, run)
    return run


def _plan(config: Config, run: Run, wanted: Sequence[CheckName]) -> Plan:
    """What all checks propose for a test."""
    failures = known_failures(run.project, run.observations, raised_by(config.root, run.project))
    plans: dict[CheckName, Callable[[Trial], Sequence[Proposed]]] = {
        "exceptions": Planner(failures).plan,
        "contention": OverlapPlanner(config.seed.value).plan,
    }
    return lambda baseline: [each for check in wanted for each in plans[check](baseline)]


def _summary(check: CheckName, judgement: Judgement, result: LabResult, seconds: float) -> CheckSummary:
    """What is to be said of one check; all of them share the time, and what was skipped for all of them."""
    trials = [
        each for each in _trials(result) if isinstance(each.experiment, Overlap) == (check == "contention")
    ]
    explored = [each.explored for each in trials if each.explored is not None]
    return CheckSummary(
        check,
        seconds,
        trials=sum(each.tried for each in explored) if check == "contention" else len(trials),
        not_injected=sum(not each.fired for each in trials),
        exhausted=result.exhausted and all(each.exhausted for each in explored),
        skipped=(*result.skipped, *judgement.skipped),
    )


def replay(config: Config, finding: Finding, pytest_args: Sequence[str]) -> tuple[Finding, ...]:
    """Run the one trial that showed a finding, and judge it: what it shows now, the same finding first if it does."""
    proposed = finding.experiment or finding.overlap
    assert proposed is not None
    lab = Lab(config, pytest_args, budget=None, workers=1)
    first, second, trial = lab.replay(proposed)
    if isinstance(proposed, Experiment):
        found = exceptions.judge([Tried(trial, (first, second))]).judgement.findings
    else:
        found = contention.judge(_explored([(first, second, (trial,))])).findings
    return tuple(sorted(found, key=lambda each: each.id != finding.id))


def place_to_stop(finding: Finding) -> Place | None:
    """Where a debugger can show how the failure was mishandled; ``None`` where that is not known."""
    step = stop_of(finding)
    return step.place if step is not None else None


def debug(config: Config, finding: Finding, pytest_args: Sequence[str]) -> bool:
    """Run the trial once more in this terminal, and start a debugger where the failure was mishandled.

    Whether the failure happened again.
    """
    step = stop_of(finding)
    assert finding.experiment is not None
    assert step is not None
    return Lab(config, pytest_args, budget=None, workers=1).debug(finding.experiment, step).fired


def _trials(result: LabResult) -> Iterator[Trial]:
    return (trial for _, _, trials in result.trials for trial in trials)


def _tried(result: LabResult) -> tuple[Tried, ...]:
    return tuple(
        Tried(trial, (first, second))
        for first, second, trials in result.trials
        for trial in trials
        if isinstance(trial.experiment, Experiment)
    )


def _explored(tests: Iterable[TestTrials]) -> Iterator[tuple[Explored, Trial]]:
    """What was explored, or why it was not, each with the baseline of its test."""
    for first, _, trials in tests:
        for trial in trials:
            if isinstance(trial.experiment, Overlap):
                void = trial.void or trial.failure or "the test did not come to the operation this time"
                explored = trial.explored or Explored(trial.experiment, void=void)
                yield replace(explored, void=explored.void or trial.void), first
