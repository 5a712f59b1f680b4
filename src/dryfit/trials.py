"""The second half of a run, after the tests: plan → trials → judge → findings → store."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from dryfit.checks import across, contention, exceptions, held_across
from dryfit.checks.changed import ChangedFirst
from dryfit.checks.experiments import Planner, known_failures, shown_of
from dryfit.checks.explored import explored_in_part
from dryfit.checks.faulted import Tried
from dryfit.checks.judgement import Judgement, combine, sorted_findings
from dryfit.checks.next_start import NextStart
from dryfit.checks.overlaps import OverlapPlanner
from dryfit.checks.pairs import Pairs
from dryfit.checks.promising import Promising
from dryfit.checks.propagated import stop_of
from dryfit.config import Config
from dryfit.discover.concurrency import shared_modules
from dryfit.discover.raises import raised_by
from dryfit.discover.tolerated import tolerated_in
from dryfit.lab.lab import Lab
from dryfit.lab.result import LabResult, Progress, TestTrials
from dryfit.model.finding import CheckName, Finding
from dryfit.model.interleaving import Explored, Overlap
from dryfit.model.lanes import USED_UP
from dryfit.model.run import CUT_SHORT, CheckSummary, Run
from dryfit.model.seam import Place
from dryfit.model.structure import ProjectMap, Tolerated
from dryfit.model.trace import TOGETHER, Skipped
from dryfit.model.trial import Experiment, Proposed, Trial, Verdict
from dryfit.run import interrupted
from dryfit.store import accepted
from dryfit.store.writer import amend

TRYING: tuple[CheckName, ...] = ("exceptions", "contention")
"""The checks that have trials."""

NOT_REACHED = {
    "passed": "the test did not come to the operation this time: let its way depend on nothing but its fixtures",
    "hang": "the test did not come to its end this time",
}
"""Why nothing was explored, by how the trial has ended."""


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
    plans = _Plans(config, run, wanted, changed)
    result = lab.run(plans.plan, told, follow=plans.follow, batches=plans.batches)
    judgements: dict[CheckName, Judgement] = {}
    verdicts: tuple[Verdict, ...] = ()
    if "exceptions" in wanted:
        tried = _tried(result)
        broken = exceptions.judge(tried, run.observations, _tolerated(config, tried))
        judgements["exceptions"], verdicts = broken.judgement, broken.verdicts
    if "contention" in wanted:
        judgements["contention"] = combine(
            [
                contention.judge(_explored(result.trials), shared_modules(config.root, run.project)),
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
    return interrupted(config, run) if result.interrupted else run


class _Plans:
    """What all checks propose: for a test, because of a trial, and for which tests first."""

    def __init__(
        self, config: Config, run: Run, wanted: Sequence[CheckName], changed: Collection[str] | None
    ) -> None:
        raised = raised_by(config.root, run.project)
        failures = known_failures(run.project, run.observations, raised)
        planner = Planner(failures, shown_of(run.observations, raised))
        plans: dict[CheckName, Callable[[Trial], Sequence[Proposed]]] = {
            "exceptions": planner.plan,
            "contention": OverlapPlanner(config.seed.value).plan,
        }
        self._plans = [plans[check] for check in wanted]
        self._following = (Pairs(planner.offers).plan, NextStart().plan)
        # Where nothing can fail there may still be something to contend for.
        self._promising = Promising(run.observations, failures, others="contention" in wanted)
        self._left_out = {each.what for each in run.observations.skipped if each.reason == TOGETHER}
        self._first = ChangedFirst(self._all, changed, run.project) if changed is not None else None

    def batches(self, tests: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The tests that are tried, in their order; those in files that have changed come first."""
        found = self._promising.batches([test for test in tests if test not in self._left_out])
        if self._first is None:
            return found
        return tuple(tuple(sorted(batch, key=self._first.is_later)) for batch in found)

    def follow(self, baseline: Trial, trial: Trial) -> Iterator[Proposed]:
        """What to try because of a trial."""
        for plan in self._following:
            yield from plan(baseline, trial)

    def plan(self, baseline: Trial) -> Sequence[Proposed]:
        """What to try in one test."""
        return self._all(baseline) if self._first is None else self._first.plan(baseline)

    def _all(self, baseline: Trial) -> list[Proposed]:
        return [each for plan in self._plans for each in plan(baseline)]


def _summary(check: CheckName, judgement: Judgement, result: LabResult, seconds: float) -> CheckSummary:
    """What is to be said of one check; all of them share the time, and what was skipped for all of them."""
    trials = [
        each for each in _trials(result) if isinstance(each.experiment, Overlap) == (check == "contention")
    ]
    explored = [each.explored for each in trials if each.explored is not None and not each.void]
    return CheckSummary(
        check,
        seconds,
        trials=sum(each.tried for each in explored) if check == "contention" else len(trials),
        not_injected=sum(not each.fired for each in trials if not isinstance(each.experiment, Overlap)),
        exhausted=result.exhausted and all(each.exhausted for each in explored),
        skipped=(*result.skipped, *judgement.skipped, *_partly(explored, result)),
        overlaps=len(explored) if check == "contention" else 0,
    )


def _partly(explored: Sequence[Explored], result: LabResult) -> Iterator[Skipped]:
    """The overlaps of which not every interleaving was tried, and that there was no time for some."""
    if result.interrupted:
        yield CUT
    yield from filter(None, map(explored_in_part, explored))
    if explored and not (result.exhausted or result.interrupted):
        yield LEFT


CUT = Skipped("what was planned besides", f"{CUT_SHORT} before it could be tried")
LEFT = Skipped("what was planned besides", f"{USED_UP} before it could be tried: --budget 120s gives more")


def replay(
    config: Config, project: ProjectMap, finding: Finding, pytest_args: Sequence[str]
) -> tuple[Finding, ...]:
    """Run the one trial that showed a finding, and judge it: what it shows now, the same finding first if it does."""
    proposed = finding.experiment or finding.overlap
    assert proposed is not None
    lab = Lab(config, pytest_args, budget=None, workers=1)
    first, second, trial, *beside = lab.replay(proposed)
    if isinstance(proposed, Experiment):
        tried = (Tried(trial, (first, second)),)
        found = exceptions.judge(tried, tolerated=_tolerated(config, tried)).judgement.findings
    else:
        tests = [(first, second, (trial,)), *((each, each, ()) for each in beside)]
        found = contention.judge(_explored(tests), shared_modules(config.root, project)).findings
    known = (_as_known(each, finding) for each in found)
    return tuple(sorted(known, key=lambda each: each.id != finding.id))


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


def _as_known(found: Finding, known: Finding) -> Finding:
    """What a whole run has shown decides how grave a finding is, and not the one trial of it that is run again."""
    if (found.rule, found.seam) != (known.rule, known.seam):
        return found
    return replace(found, id=known.id, severity=known.severity)


def _tolerated(config: Config, tried: Sequence[Tried]) -> tuple[Tolerated, ...]:
    """What the source says of the lines that a failure passed."""
    passed = (each.point.site.file for one in tried if one.hit for each in (one.hit, *one.around))
    return tolerated_in(config.root, passed)


def _trials(result: LabResult) -> Iterator[Trial]:
    return (trial for _, _, trials in result.trials for trial in trials)


def _tried(result: LabResult) -> tuple[Tried, ...]:
    return tuple(
        Tried(trial, (first, second))
        for first, second, trials in result.trials
        for trial in trials
        if isinstance(trial.experiment, Experiment)
    )


def _explored(tests: Sequence[TestTrials]) -> Iterator[tuple[Explored, Trial]]:
    """What was explored, or why it was not, each with the baseline of its test, or of its tests."""
    known = {first.test: first for first, *_ in tests}
    for first, _, trials in tests:
        for trial in trials:
            if isinstance(trial.experiment, Overlap):
                void = trial.void or trial.failure or NOT_REACHED.get(trial.outcome, NOT_REACHED["passed"])
                explored = trial.explored or Explored(trial.experiment, void=void)
                baseline = across.baseline(trial.experiment, known) if trial.experiment.others else first
                yield replace(explored, void=explored.void or trial.void), baseline
