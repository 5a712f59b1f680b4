"""The front door: puts the rooms together in the order in which a run flows, and decides nothing itself.

configuration → discover → [each test: weave, observe, trace → store] → judge → findings → store → reports
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dryfit import discover
from dryfit.checks import coverage, data, interfaces, mock_drift, stand_ins
from dryfit.checks.judgement import Judgement
from dryfit.config import Config, load_config
from dryfit.model.contract import Contract
from dryfit.model.errors import UsageError
from dryfit.model.finding import CheckName, Finding
from dryfit.model.run import CheckSummary, Run, RunInfo, TestCounts
from dryfit.model.stand_in import Consumers, Replacement, StandInCall
from dryfit.model.structure import ProjectMap
from dryfit.model.surface import Comparison
from dryfit.model.trace import Observations, Skipped, TestOutcome, Trace
from dryfit.report import html
from dryfit.resources import places, registry
from dryfit.store import accepted, contract, runs
from dryfit.store.merge import merge
from dryfit.store.reader import load
from dryfit.store.writer import RunWriter, amend

HTML_REPORT = Path(".dryfit", "report.html")

FAILED = "dryfit failed, and the tests went on without it"
"""How the warning begins that a run keeps where dryfit itself has failed."""

INTERRUPTED = "this run was interrupted; what it had seen until then is told here"
"""The warning that a run keeps where the user broke off."""

NOT_RUN = "the tests that had not run yet"
"""What was skipped where a run was killed."""

Judge = Callable[[Config, Run, bool], Judgement]

JUDGES: Mapping[CheckName, Judge] = {
    "data": lambda _, run, whole: data.judge(run.project, run.observations, whole_suite=whole),
    "interfaces": lambda config, run, whole: interfaces.judge(
        run.project,
        run.observations,
        _compared(config, run.project),
        _agreed(config.root),
        _stood_in(config, run),
        whole_suite=whole,
    ),
}


def prepare(root: Path, overrides: Mapping[str, object] | None = None) -> Config:
    """What is set for the project at ``root``, ``overrides`` on top.

    Raises ``UsageError``, before any test has run, where that or what the project accepts cannot be read.
    """
    config = load_config(root, overrides, judge=registry.problems)
    accepted.read(root)
    return config


def new_run(config: Config) -> RunInfo:
    """Name a run that begins now."""
    started = datetime.now(UTC)
    return RunInfo(
        id=runs.new_id(started),
        started=started.isoformat(timespec="milliseconds"),
        seconds=0.0,
        python=platform.python_version(),
        revision=_revision(config.root),
        seed=config.seed.value,
    )


def open_run(config: Config, info: RunInfo, worker: str = "") -> RunWriter:
    """Begin to write a run, or one worker's part of it."""
    return RunWriter.create(config.root, info, worker)


def conclude(
    config: Config,
    writer: RunWriter,
    info: RunInfo,
    tests: TestCounts,
    *,
    whole_suite: bool = True,
    remains: Iterable[str] = (),
    warnings: Iterable[str] = (),
) -> Run:
    """Combine what the workers saw, judge it, and keep the result.

    ``whole_suite`` says that no test of the project was left out, ``remains`` is what workers could not write,
    ``warnings`` are to be told with the run.
    """
    begun = time.monotonic()
    writer.combine(remains)
    project = discover.survey(config.root, config.components.value)
    writer.save_project(project)
    observations = writer.observations()
    whole = whole_suite and not _has_failed(observations)
    run = _judged(config, Run(info, project, observations, tests=tests), whole)
    applied = accepted.apply(run.findings, accepted.read(config.root), _watching(config), _left_out(config))
    stale = _stale(applied.stale) if whole else []
    told = (*warnings, *stale, *filter(None, [writer.warning]))
    writer.append(Observations(warnings=told))
    run = replace(
        run,
        info=replace(info, seconds=info.seconds + time.monotonic() - begun),
        observations=merge(observations, Observations(warnings=told)),
        findings=applied.findings,
    )
    writer.save_results(
        coverage=run.coverage, checks=run.checks, findings=run.findings, tests=run.tests, info=run.info
    )
    return run


def interrupted(config: Config, run: Run) -> Run:
    """The run, which the user broke off after its tests; it is kept as such."""
    told = Observations(warnings=(INTERRUPTED,))
    run = replace(run, observations=merge(run.observations, told))
    amend(config.root, run, told)
    return run


def recall(config: Config, path: Path) -> Run:
    """The run that is kept in ``path``, with what the project accepts by now; ``StoreError`` if it is unreadable.

    A run that was killed before it was judged is judged now, by the source as it is now.
    """
    run = load(path)
    if not run.checks:
        run = _judged_late(config, run)
    judged = [summary.check for summary in run.checks]
    applied = accepted.apply(run.findings, accepted.read(config.root), judged, _left_out(config))
    return replace(
        run,
        findings=applied.findings,
        observations=_without_outdated(run.observations, set(_stale(applied.stale))),
    )


def count_tests(outcomes: Iterable[TestOutcome]) -> TestCounts:
    """Count tests by how they ended; one that was cut off counts nowhere."""
    ended = list(outcomes)
    return TestCounts(
        passed=ended.count("passed") + ended.count("xpassed"),
        failed=ended.count("failed") + ended.count("error"),
        skipped=ended.count("skipped") + ended.count("xfailed"),
    )


def write_html(run: Run, root: Path, file: Path = HTML_REPORT) -> Path:
    """Write the HTML report, below ``root`` unless ``file`` says where; raises ``OSError``.

    dryfit's own is there as a whole or not at all: on a full disk the last run's stays.
    """
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    page = html.page(run, _sources(run, root), kept_templates())
    if file != HTML_REPORT:
        path.write_text(page, encoding="utf-8")
        return path
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def kept_templates() -> Path | None:
    """Where the page's templates stay compiled, if anywhere."""
    return places.kept("templates")


def _judged(config: Config, run: Run, whole_suite: bool) -> Run:
    """The run with what the checks say of its observations."""
    summaries: list[CheckSummary] = []
    findings: list[Finding] = []
    for check in _watching(config):
        begun = time.monotonic()
        judgement = JUDGES[check](config, run, whole_suite)
        findings += judgement.findings
        summaries.append(CheckSummary(check, time.monotonic() - begun, skipped=judgement.skipped))
    return replace(
        run,
        coverage=coverage.measure(run.project, run.observations),
        checks=tuple(summaries),
        findings=tuple(findings),
    )


def _watching(config: Config) -> tuple[CheckName, ...]:
    """The checks that judge what was seen; the others need trials."""
    return tuple(check for check in config.only.value if check in JUDGES)


def _compared(config: Config, project: ProjectMap) -> Comparison | None:
    """The project beside its base revision, where one is set; what hinders it becomes a reason."""
    base = config.base.value
    if not base:
        return None
    from dryfit.discover.comparison import compare_revision  # only a comparison pays for griffe

    try:
        return compare_revision(config.root, base, config.components.value, project)
    except UsageError as error:
        return Comparison(base, skipped=(Skipped("DF205", str(error)),))


def _agreed(root: Path) -> Contract | Skipped | None:
    """The committed contract, or why it cannot be used."""
    try:
        return contract.read(root)
    except UsageError as error:
        return Skipped("DF204", str(error))


def _stood_in(config: Config, run: Run) -> tuple[stand_ins.Evidence, Consumers] | None:
    """What the run says of stand-ins, and where it says nothing earlier runs and the contract; ``None`` without any."""
    if not any(isinstance(each, Replacement | StandInCall) for each in run.observations.incidents):
        return None
    agreed = _agreed(config.root)
    known = agreed if isinstance(agreed, Contract) else None
    evidence = stand_ins.Evidence(run.project, run.observations, contract=known)
    unseen = {each.real.name for each in evidence.mocked() if each.real.source != "this run"}
    if unseen:
        earlier = runs.earlier(config.root, run.info, {*unseen, *(f"{name}.__init__" for name in unseen)})
        evidence = stand_ins.Evidence(run.project, run.observations, earlier, known)
    asked = mock_drift.questions(evidence, run.observations)
    read = discover.consumers(config.root, run.project, asked.calls, asked.targets, asked.raised)
    return evidence, read


def _left_out(config: Config) -> tuple[str, ...]:
    """The rules that judge nothing here, for want of what they compare with."""
    usable = {
        "DF204": isinstance(_agreed(config.root), Contract),
        "DF205": bool(config.base.value),
    }
    return tuple(rule for rule, is_usable in usable.items() if not is_usable)


def _judged_late(config: Config, run: Run) -> Run:
    traces = run.observations.traces
    seen = run.observations if _has_failed(run.observations) else merge(run.observations, _killed(traces))
    known = replace(
        run,
        info=replace(run.info, seconds=sum(trace.seconds for trace in traces)),
        project=discover.survey(config.root, config.components.value),
        observations=seen,
        tests=count_tests(trace.outcome for trace in traces),
    )
    return _judged(config, known, whole_suite=False)


def _killed(traces: Iterable[Trace]) -> Observations:
    """What is to be told of a run whose process did not live to its end."""
    running = " and ".join(trace.test for trace in traces if trace.outcome == "cut off")
    killed = f"this run was killed {f'while {running} ran' if running else 'before it was judged'}"
    return Observations(
        skipped=(Skipped(NOT_RUN, killed),),
        warnings=(f"{killed}; what it had seen until then is told here",),
    )


def _has_failed(observations: Observations) -> bool:
    return any(warning.startswith(FAILED) for warning in observations.warnings)


def _stale(entries: Iterable[accepted.Accepted]) -> list[str]:
    return [
        f"{accepted.FILE}: {entry.id} was accepted, and is found no more: remove its entry"
        for entry in entries
    ]


def _without_outdated(observations: Observations, stale: Collection[str]) -> Observations:
    """Without the warnings of entries that were removed, or are found again, since."""
    kept = (
        text for text in observations.warnings if not text.startswith(f"{accepted.FILE}: ") or text in stale
    )
    return replace(observations, warnings=tuple(kept))


def _sources(run: Run, root: Path) -> Mapping[str, tuple[str, ...]]:
    """The lines of every file that a finding or its lanes name."""
    lines: dict[str, tuple[str, ...]] = {}
    steps = (step.place for finding in run.findings for step in finding.lanes if step.place is not None)
    for file in {place.file for place in (*(finding.site for finding in run.findings), *steps)}:
        with suppress(OSError, UnicodeDecodeError):
            lines[file] = tuple((root / file).read_text(encoding="utf-8").splitlines())
    return lines


def _revision(root: Path) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    return ""
