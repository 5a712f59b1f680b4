"""The short form that ends a ``pytest --dryfit`` session: plain lines, nothing imported for colour."""

from __future__ import annotations

from dryfit.model.finding import Finding
from dryfit.model.run import Run
from dryfit.report.ascii import fit
from dryfit.report.evidence import cut
from dryfit.report.groups import by_gravity, count_line, open_findings, plural
from dryfit.report.tally import Tally, tally

MOST_FINDINGS = 15
MOST_WARNINGS = 3
BAR = 30
LEAST = 24
"""So many characters of a seam are shown, however narrow the terminal is."""


def summary_lines(
    run: Run, report: str = "", *, width: int | None = None, encoding: str = "utf-8"
) -> list[str]:
    """At most 25 lines: coverage, the gravest findings one a line, warnings, the report.

    ``width`` is the terminal's, ``None`` where there is none: seams and rules are shortened to fit, a finding's place
    and id, the warnings and the report never. ``report`` is its path as the user would type it, "" for none.
    """
    lines = [f"seams     {bar(tally(run.coverage), BAR)}  {coverage_line(tally(run.coverage))}"]
    lines.append(f"findings  {count_line(run)}")
    found = by_gravity(open_findings(run))
    lines += _table([_row(finding) for finding in found[:MOST_FINDINGS]], width)
    if len(found) > MOST_FINDINGS:
        lines.append(f"  and {len(found) - MOST_FINDINGS:,} more")
    if found:
        lines.append("details   dryfit report")
    warnings = (*map(str, run.project.misconfigured), *run.observations.warnings)
    lines += [f"warning   {warning}" for warning in warnings[:MOST_WARNINGS]]
    if len(warnings) > MOST_WARNINGS:
        lines.append(f"and {plural(len(warnings) - MOST_WARNINGS, 'more warning')}")
    if report:
        lines.append(f"report    {report}")
    return [fit(line, encoding) for line in lines]


def coverage_line(counts: Tally) -> str:
    """``13 of 16 exercised, 1 mocked only``."""
    if not counts.seams:
        return "no seam between components was found"
    parts = [f"{counts.exercised:,} of {counts.seams:,} exercised"]
    if counts.mocked_only:
        parts.append(f"{counts.mocked_only:,} mocked only")
    return ", ".join(parts)


def bar(counts: Tally, cells: int) -> str:
    """One character a share: full, shaded, light for exercised, mocked only, unexercised; "" without a seam."""
    return "".join(sign * width for sign, width in zip("█▒░", counts.widths(cells), strict=True))


def _row(finding: Finding) -> tuple[str, ...]:
    seam = f"{finding.seam.caller} → {finding.seam.callable}"
    return (finding.severity, f"{finding.rule} {finding.name}", str(finding.site), seam, finding.id)


def _table(rows: list[tuple[str, ...]], width: int | None) -> list[str]:
    """The rows in columns. Where a line would be wider than ``width`` the seams give way, then the rules' names."""
    if not rows:
        return []
    severity, rule, place, seam, id_ = (max(map(len, column)) for column in zip(*rows, strict=True))
    if width is not None:
        room = width - len("  ") * 5 - severity - place - id_
        rule = rule if room - rule >= min(seam, LEAST) else len("DF101")
        seam = min(seam, max(room - rule, LEAST))
    return [
        f"  {row[0]:<{severity}}  {row[1][:rule]:<{rule}}  {row[2]:<{place}}  {cut(row[3], seam):<{seam}}  {row[4]}"
        for row in rows
    ]
