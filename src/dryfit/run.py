"""The front door: puts the rooms together in the order in which a run flows, and decides nothing itself.

configuration → discover → [each test: weave, observe, trace → store] → judge → findings → store → reports
"""

from __future__ import annotations

import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dryfit import discover
from dryfit.checks import coverage, data, interfaces
from dryfit.checks.judgement import Judgement
from dryfit.config import Config
from dryfit.model.finding import CheckName, Finding
from dryfit.model.run import CheckSummary, Run, RunInfo, TestCounts
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations, TestOutcome
from dryfit.probes import Observer
from dryfit.report import html
from dryfit.store import accepted, runs
from dryfit.store.writer import RunWriter
from dryfit.weave import Weave

HTML_REPORT = Path(".dryfit", "report.html")

Judge = Callable[[ProjectMap, Observations, bool], Judgement]

JUDGES: Mapping[CheckName, Judge] = {
    "data": lambda project, seen, whole: data.judge(project, seen, whole_suite=whole),
    "interfaces": lambda project, seen, _: interfaces.judge(project, seen),
}


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


class Watch:
    """Watches the seams while one process runs tests, and writes down what it sees."""

    def __init__(self, config: Config, writer: RunWriter) -> None:
        sources = discover.find_components(config.root, config.components.value)
        self._weave = Weave(config.root, _component_files(sources), sources.component_of())
        self._observer = Observer(self._weave.callee_of, self._weave.component_of, config.root)
        self._writer = writer

    def put_in(self) -> None:
        """Weave everything that is imported by now."""
        self._observer.install()
        self._weave.put_in(self._observer)

    def begin_test(self, test: str) -> None:
        """What crosses a seam from now on belongs to ``test``."""
        self._writer.begin_test(test)
        self._weave.begin_test(test)

    def end_test(self, test: str, outcome: TestOutcome, seconds: float) -> None:
        """Write down what ``test`` showed."""
        self._writer.append(self._observer.finish(test, outcome, seconds))

    def take_out(self) -> None:
        """Leave the program as it was, and write down what came late."""
        self._observer.remove()
        self._weave.take_out()
        self._writer.append(self._observer.flush())
        self._writer.append(Observations(skipped=self._weave.skipped, warnings=self._weave.failures))

    def abandon(self) -> None:
        """Leave the program as it was, and say nothing more."""
        self._observer.remove()
        self._weave.take_out()


def conclude(
    config: Config,
    writer: RunWriter,
    info: RunInfo,
    tests: TestCounts,
    *,
    whole_suite: bool = True,
    remains: Iterable[str] = (),
) -> Run:
    """Combine what the workers saw, judge it, and keep the result.

    ``whole_suite`` says that no test of the project was left out, ``remains`` is what workers could not write.
    """
    begun = time.monotonic()
    writer.combine(remains)
    project = discover.survey(config.root, config.components.value)
    writer.save_project(project)
    observations = writer.observations()
    summaries, findings = _judge(config, project, observations, whole_suite)
    applied = accepted.apply(findings, accepted.read(config.root), config.only.value)
    writer.append(Observations(warnings=(*_stale(applied.stale), *filter(None, [writer.warning]))))
    writer.save_results(
        coverage=coverage.measure(project, observations),
        checks=summaries,
        findings=applied.findings,
        tests=tests,
        info=replace(info, seconds=info.seconds + time.monotonic() - begun),
    )
    return writer.load()


def write_html(run: Run, root: Path, file: Path = HTML_REPORT) -> Path:
    """Write the HTML report, below ``root`` unless ``file`` says where; raises ``OSError``."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html.page(run, _sources(run, root)), encoding="utf-8")
    return path


def _component_files(sources: discover.Sources) -> dict[str, str]:
    """Absolute files with their components; "" for source of the project that belongs to none."""
    root = Path(sources.root)
    owned = [(module, each.name) for each in sources.components for module in each.modules]
    return {
        str((root / module.file).resolve()): owner
        for module, owner in [*owned, *((module, "") for module in sources.others)]
    }


def _judge(
    config: Config, project: ProjectMap, observations: Observations, whole_suite: bool
) -> tuple[tuple[CheckSummary, ...], tuple[Finding, ...]]:
    summaries: list[CheckSummary] = []
    findings: list[Finding] = []
    for check in config.only.value:
        begun = time.monotonic()
        judgement = JUDGES[check](project, observations, whole_suite)
        findings += judgement.findings
        summaries.append(CheckSummary(check, time.monotonic() - begun, skipped=judgement.skipped))
    return tuple(summaries), tuple(findings)


def _stale(entries: Iterable[accepted.Accepted]) -> list[str]:
    return [
        f"{accepted.FILE}: {entry.id} was accepted, and is found no more: remove its entry"
        for entry in entries
    ]


def _sources(run: Run, root: Path) -> Mapping[str, tuple[str, ...]]:
    """The lines of every file that a finding names."""
    lines: dict[str, tuple[str, ...]] = {}
    for file in {finding.site.file for finding in run.findings}:
        with suppress(OSError, UnicodeDecodeError):
            lines[file] = tuple((root / file).read_text(encoding="utf-8").splitlines())
    return lines


def _revision(root: Path) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    return ""
