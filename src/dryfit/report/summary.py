"""The short form that ends a ``pytest --dryfit`` session: plain lines, nothing imported for colour."""

from __future__ import annotations

from dryfit.model.finding import Finding
from dryfit.model.run import Run
from dryfit.model.seam import Seam
from dryfit.report.ascii import fit
from dryfit.report.groups import by_seam, count_line, open_findings, plural
from dryfit.report.tally import Tally, tally

MOST_SEAMS = 15
MOST_WARNINGS = 3
BAR = 30


def summary_lines(run: Run, report: str = "", *, width: int = 80, encoding: str = "utf-8") -> list[str]:
    """At most 25 lines of at most ``width`` characters: coverage, findings one line a seam, warnings, the report.

    ``report`` is its path as the user would type it, "" for none; it is never cut short.
    """
    lines = [f"seams     {bar(tally(run.coverage), BAR)}  {coverage_line(tally(run.coverage))}"]
    lines.append(f"findings  {count_line(run)}")
    groups = by_seam(open_findings(run))
    lines += [_seam_line(seam, found, width) for seam, found in groups[:MOST_SEAMS]]
    if len(groups) > MOST_SEAMS:
        lines.append(f"  and at {plural(len(groups) - MOST_SEAMS, 'more seam')}")
    warnings = run.observations.warnings
    lines += [f"warning   {warning}" for warning in warnings[:MOST_WARNINGS]]
    if len(warnings) > MOST_WARNINGS:
        lines.append(f"and {plural(len(warnings) - MOST_WARNINGS, 'more warning')}")
    shown = [_cut(fit(line, encoding), width) for line in lines]
    return [*shown, fit(f"report    {report}", encoding)] if report else shown


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


def _seam_line(seam: Seam, found: list[Finding], width: int) -> str:
    gravest = found[0].severity
    rules = sorted({f"{finding.rule} {finding.name}" for finding in found if finding.severity == gravest})
    others = len({finding.rule for finding in found}) - len(rules)
    start = f"  {gravest:<8}{', '.join(rules)}{f' +{others}' if others else ''}: {seam.caller} → "
    if len(start) + len(seam.callable) <= width:
        return start + seam.callable
    return f"{start}{seam.callee} … {seam.callable.rpartition('.')[2]}"


def _cut(line: str, width: int) -> str:
    line = " ".join(line.splitlines())
    return line if len(line) <= width else line[: width - 3] + "..."
