"""The findings as JSON, version 1: what ``--json`` writes. ``schema/findings-1.json`` describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dryfit.model.finding import Fact, Finding
from dryfit.model.interleaving import Step
from dryfit.model.lanes import LANES
from dryfit.model.run import CheckSummary, Run
from dryfit.model.seam import Place
from dryfit.model.trace import Skipped
from dryfit.report.groups import left_out_by_check
from dryfit.report.jsontext import Json, encode, number
from dryfit.report.lanes import names_of, tests_of
from dryfit.report.tally import tally

VERSION = 1


def document(run: Run) -> str:
    """The whole document as text."""
    skipped = left_out_by_check(run)
    return encode(
        {
            "version": VERSION,
            "run": _info(run),
            "tests": _tests(run),
            "coverage": _coverage(run),
            "checks": {summary.check: _check(summary, skipped[summary.check]) for summary in run.checks},
            "findings": [_finding(finding) for finding in run.findings],
        }
    )


def _info(run: Run) -> Json:
    info = run.info
    return {
        "id": info.id,
        "started": info.started,
        "seconds": number(info.seconds),
        "python": info.python,
        "revision": info.revision or None,
        "seed": info.seed,
    }


def _tests(run: Run) -> Json:
    tests = run.tests
    return {
        "passed": tests.passed,
        "failed": tests.failed,
        "skipped": tests.skipped,
        "not_repeatable": tests.not_repeatable,
    }


def _coverage(run: Run) -> Json:
    counts = tally(run.coverage)
    return {
        "seams": counts.seams,
        "exercised": counts.exercised,
        "mocked_only": counts.mocked_only,
        "unexercised": counts.unexercised,
    }


def _check(summary: CheckSummary, skipped: Iterable[Skipped]) -> Json:
    return {
        "trials": summary.trials,
        "not_injected": summary.not_injected,
        "seconds": number(summary.seconds),
        "exhausted": summary.exhausted,
        "skipped": [{"what": entry.what, "reason": entry.reason} for entry in skipped],
    }


def _finding(finding: Finding) -> Json:
    seam = finding.seam
    return {
        "id": finding.id,
        "rule": finding.rule,
        "name": finding.name,
        "check": finding.check,
        "severity": finding.severity,
        "seam": {"caller": seam.caller, "callee": seam.callee, "callable": seam.callable},
        "site": _place(finding.site),
        "test": finding.test or None,
        "message": finding.message,
        "evidence": {**_evidence(finding.evidence), **_lanes(finding)},
        "accepted": finding.accepted,
        "replay": finding.replay,
    }


def _lanes(finding: Finding) -> Mapping[str, Json]:
    """The operations that ran at once, and their steps; in place of the same as text."""
    if not finding.lanes:
        return {}
    tests = {"performed by": tests_of(finding)} if tests_of(finding) else {}
    return {"operations": names_of(finding), **tests, LANES: [_step(step) for step in finding.lanes]}


def _step(step: Step) -> Json:
    return {
        "operation": step.worker + 1,
        "kind": step.kind,
        "what": step.what,
        "place": None if step.place is None else _place(step.place),
        "by": [worker + 1 for worker in step.by],
    }


def _place(place: Place) -> Json:
    return {"file": place.file, "line": place.line, "function": place.function}


def _evidence(facts: Iterable[Fact]) -> Mapping[str, Json]:
    """Facts by name; where one name was seen more than once, all its values in a list."""
    named: dict[str, list[Json]] = {}
    for fact in facts:
        named.setdefault(fact.name, []).append(_value(fact))
    return {name: values[0] if len(values) == 1 else _flat(values) for name, values in named.items()}


def _value(fact: Fact) -> Json:
    if isinstance(fact.value, tuple):
        return list(fact.value)
    return number(fact.value) if isinstance(fact.value, float) else fact.value


def _flat(values: list[Json]) -> list[Json]:
    return [str(item) for value in values for item in (value if isinstance(value, list) else [value])]
