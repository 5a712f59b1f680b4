"""The findings as SARIF 2.1.0, for code scanning services and editors.

The format: OASIS, *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*, 2020.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from dryfit import __version__
from dryfit.model.finding import RULES, Finding, Rule
from dryfit.model.run import Run
from dryfit.report.columns import columns
from dryfit.report.evidence import line
from dryfit.report.flows import code_flows, physical
from dryfit.report.groups import left_out, shortfalls
from dryfit.report.jsontext import Json, encode
from dryfit.report.lanes import besides
from dryfit.report.rule_pages import rule_page

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "dryfit/v1"


def document(run: Run) -> str:
    """The whole log as text: one SARIF run."""
    return encode({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(run)]})


def _run(run: Run) -> Json:
    return {
        "tool": {
            "driver": {"name": "dryfit", "version": __version__, "rules": [_rule(rule) for rule in RULES]}
        },
        "automationDetails": {"id": f"dryfit/{run.info.id}"},
        "invocations": [_invocation(run)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The project's root."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in run.findings],
    }


def _rule(rule: Rule) -> Json:
    page = rule_page(rule.id)
    return {
        "id": rule.id,
        "name": "".join(part.title() for part in rule.slug.split("-")),
        "shortDescription": {"text": rule.meaning},
        "fullDescription": {"text": rule.meaning},
        # No helpUri: the standard wants an absolute one there, and the pages travel with the package.
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["integration", rule.check]},
    }


def _invocation(run: Run) -> Json:
    unchecked = [f"not checked: {entry.what}: {entry.reason}" for entry in sorted(set(left_out(run)))]
    return {
        "executionSuccessful": True,
        **_times(run),
        "toolExecutionNotifications": [
            *_notifications("warning", (*run.observations.warnings, *shortfalls(run))),
            *_notifications("note", unchecked),
        ],
    }


def _notifications(level: str, texts: Iterable[str]) -> list[Json]:
    return [{"level": level, "message": {"text": text}} for text in texts]


def _times(run: Run) -> dict[str, str]:
    """Start and end; left out where the start is no time."""
    try:
        started = datetime.fromisoformat(run.info.started)
        ended = started + timedelta(seconds=run.info.seconds)
    except (ValueError, OverflowError):
        return {}
    return {"startTimeUtc": _utc(started), "endTimeUtc": _utc(ended)}


def _utc(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _result(finding: Finding) -> Json:
    return {
        "ruleId": finding.rule,
        "ruleIndex": [rule.id for rule in RULES].index(finding.rule),
        "level": finding.severity,
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        **code_flows(finding),
        "partialFingerprints": {FINGERPRINT: finding.id},
        "suppressions": _suppressions(finding),
        "properties": {"seam": str(finding.seam), "test": finding.test},
    }


def _message(finding: Finding) -> str:
    """The sentence and its evidence, since few readers of SARIF show more than the message."""
    return "\n".join((finding.message, *columns(finding), *(line(fact) for fact in besides(finding))))


def _location(finding: Finding) -> Json:
    name = finding.seam.callable or finding.seam.callee
    logical = [{"fullyQualifiedName": name, "kind": "function" if finding.seam.callable else "module"}]
    if not finding.site.file:
        return {"logicalLocations": logical}
    return {"physicalLocation": physical(finding.site), "logicalLocations": logical}


def _suppressions(finding: Finding) -> Json:
    """Accepted in a file of its own, hence external; the standard wants the property on all results or on none."""
    if finding.accepted is None:
        return []
    return [{"kind": "external", "status": "accepted", "justification": finding.accepted}]
