"""Findings and reasons, grouped for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from dryfit.model.finding import CheckName, Finding, Severity
from dryfit.model.lanes import PARTLY, USED_UP
from dryfit.model.run import CUT_SHORT, CheckSummary, Run
from dryfit.model.seam import Seam
from dryfit.model.trace import Skipped

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


def by_seam(findings: Iterable[Finding]) -> list[tuple[Seam, list[Finding]]]:
    """Findings by seam, the gravest first in each; seams in the order of their gravest finding, then by name."""
    seams: defaultdict[Seam, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_gravity):
        seams[finding.seam].append(finding)
    return sorted(seams.items(), key=lambda item: (SEVERITIES.index(item[1][0].severity), item[0]))


def by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """Findings, the gravest first, then by rule and place."""
    return sorted(findings, key=lambda finding: (*_gravity(finding)[:2], finding.site, finding.id))


def open_findings(run: Run) -> list[Finding]:
    """The findings that nobody accepted."""
    return [finding for finding in run.findings if finding.accepted is None]


def count_line(run: Run) -> str:
    """``2 errors, 3 warnings; 1 accepted``, or that there are none."""
    found = open_findings(run)
    accepted = len(run.findings) - len(found)
    return (counted(found) or "no findings") + (f"; {accepted} accepted" if accepted else "")


def counted(findings: Iterable[Finding]) -> str:
    """``2 errors, 3 warnings``; "" where there are none."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(plural(counts[severity], severity) for severity in SEVERITIES if counts[severity])


def by_reason(skipped: Iterable[Skipped]) -> list[tuple[str, list[str]]]:
    """What was left out by its reason, the commonest reason first."""
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for entry in sorted(set(skipped)):
        reasons[entry.reason].append(entry.what)
    return sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))


def joined(skipped: Iterable[Skipped]) -> list[Skipped]:
    """Each thing once: of overlaps of one name that were explored in part the first, and how many more there are."""
    groups: defaultdict[Skipped, list[Skipped]] = defaultdict(list)
    for entry in sorted(skipped):
        is_part = entry.reason.startswith(PARTLY)
        groups[Skipped(entry.what, PARTLY) if is_part else entry].append(entry)
    return [
        replace(same[0], reason=f"{same[0].reason}; and so are {len(same) - 1:,} more of that name")
        if key.reason == PARTLY and len(same) > 1
        else same[0]
        for key, same in groups.items()
    ]


def contended(run: Run) -> str:
    """What the check of contention has tried; "" where it was not asked for."""
    summary = next((each for each in run.checks if each.check == "contention"), None)
    if summary is None:
        return ""
    if not summary.overlaps:
        return "contention: nothing was run at once"
    tried = f"{plural(summary.overlaps, 'overlap')}, {plural(summary.trials, 'interleaving')}"
    return f"contention: {tried}{', all of them exhausted' if summary.exhausted else ''}"


def left_out(run: Run) -> list[Skipped]:
    """Everything that was not checked: what each check skipped, and what no check could have looked at."""
    return [*_out_of_sight(run), *(entry for summary in run.checks for entry in summary.skipped)]


def left_out_by_check(run: Run) -> dict[CheckName, list[Skipped]]:
    """All of ``left_out`` by check, each thing once and sorted.

    What no check could have looked at is counted among the interfaces, or, where they were not checked, first of all.
    """
    ran = [summary.check for summary in run.checks]
    home = "interfaces" if "interfaces" in ran else next(iter(ran), None)
    return {
        summary.check: sorted({*summary.skipped, *(_out_of_sight(run) if summary.check == home else ())})
        for summary in run.checks
    }


def unread(run: Run) -> list[Skipped]:
    """The places of the source that could not be read."""
    return [Skipped(str(problem.place), problem.message) for problem in run.project.problems]


def _out_of_sight(run: Run) -> list[Skipped]:
    """What could not be read, what the probes skipped, and calls without a known callee."""
    unresolved = [
        Skipped(f"{call.text} at {call.place}", f"unresolved call: {call.reason}")
        for call in run.project.unresolved
    ]
    return [*unread(run), *run.observations.skipped, *unresolved]


def shortfalls(run: Run) -> list[str]:
    """What keeps the checks from having proved what they set out to prove, a line each."""
    return [f"{summary.check}: {line}" for summary in run.checks for line in shortfall(summary)]


def shortfall(summary: CheckSummary) -> list[str]:
    """The same of one check."""
    partly = sum(each.reason.startswith(PARTLY) for each in summary.skipped)
    lines = [f"{plural(partly, 'overlap')} {PARTLY}"] if partly else []
    if any(each.reason.startswith(CUT_SHORT) for each in summary.skipped):
        lines.append(f"{CUT_SHORT} before everything was tried")
    elif not (partly or summary.exhausted or _all_were_begun(summary)):
        lines = ["the budget ended before everything was tried: --budget gives more"]
    if summary.not_injected:
        lines.append(f"the fault did not fire in {plural(summary.not_injected, 'trial')}")
    return lines


def _all_were_begun(summary: CheckSummary) -> bool:
    """Whether only overlaps that have shown a finding were not explored to their end, as the finding says itself."""
    return summary.check == "contention" and not any(
        each.reason.startswith(USED_UP) for each in summary.skipped
    )


def plural(count: int, noun: str) -> str:
    """``1 seam``, ``2 seams``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _gravity(finding: Finding) -> tuple[int, str, str]:
    return (SEVERITIES.index(finding.severity), finding.rule, finding.id)
