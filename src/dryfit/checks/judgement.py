"""What a check, or one rule of it, has to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dryfit.model.finding import Fact, Finding, Severity, finding_id, rule
from dryfit.model.seam import Place, Seam
from dryfit.model.trace import Skipped

_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings, the gravest first, and what could not be judged with the reason."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def combine(judgements: Iterable[Judgement]) -> Judgement:
    """Put the judgements of several rules together, in an order that depends on nothing but their content."""
    parts = tuple(judgements)
    findings: dict[tuple[str, Seam, str], Finding] = {}
    for finding in (finding for part in parts for finding in part.findings):
        findings.setdefault((finding.id, finding.seam, finding.message), finding)
    return Judgement(
        findings=sorted_findings(findings.values()),
        skipped=tuple(sorted({skipped for part in parts for skipped in part.skipped})),
    )


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[int, str, Seam, str]:
    return (_RANK[finding.severity], finding.rule, finding.seam, finding.id)


def find(
    identifier: str,
    seam: Seam,
    site: Place,
    cause: str,
    message: str,
    *,
    severity: Severity | None = None,
    tests: Iterable[str] = (),
    evidence: Iterable[Fact] = (),
) -> Finding:
    """Make a finding of one rule; ``cause`` goes into its id and must be free of line numbers and of values.

    ``severity`` is the rule's own where none is given. The first of ``tests`` becomes the finding's test,
    all of them are listed in its evidence.
    """
    broken = rule(identifier)
    seen_in = tuple(sorted(set(tests)))
    listed = (Fact("tests", seen_in),) if seen_in else ()
    return Finding(
        id=finding_id(identifier, seam, cause),
        rule=identifier,
        name=broken.slug,
        check=broken.check,
        severity=severity or broken.severity,
        seam=seam,
        site=site,
        test=seen_in[0] if seen_in else "",
        message=message,
        evidence=(*evidence, *listed),
    )


def places(sites: Iterable[Place]) -> Fact:
    """The evidence that lists places in the source, each once."""
    return Fact("call sites", tuple(str(place) for place in sorted(set(sites))))
