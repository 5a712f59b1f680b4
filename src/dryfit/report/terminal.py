"""The findings in a terminal, or as plain text where the output is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.run import Run
from dryfit.model.seam import Seam
from dryfit.report.ascii import fit
from dryfit.report.columns import columns
from dryfit.report.evidence import line as fact_line
from dryfit.report.groups import (
    by_reason,
    by_seam,
    contended,
    count_line,
    joined,
    left_out,
    open_findings,
    plural,
    shortfalls,
    unread,
)
from dryfit.report.lanes import besides
from dryfit.report.tally import tally

BAR = 40
MOST_FACTS = 4
MOST_VALUES = 3
MOST_OF_A_RULE = 8
MOST_REASONS = 6
MOST_TESTS = 10

COLOURS: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
NOT_PASSED = ("failed", "error", "cut off")


@dataclass(frozen=True, slots=True)
class Line:
    """A line in pieces of one style each, ``indent`` columns in, and so are its continuation lines."""

    pieces: tuple[tuple[str, str], ...] = ()
    indent: int = 0


def render(run: Run, console: Console, report: str = "") -> None:
    """Print coverage, findings by seam, accepted ones, tests that did not pass, what was not checked, where to read on.

    ``report`` is the path of the HTML report, "" for none. Colour, width and encoding are the console's; where it is
    no terminal no line is wrapped, so that every name can be searched for and copied.
    """
    _print(_lines(run, report, _width(console)), console)


def render_findings(found: Iterable[Finding], console: Console) -> None:
    """Print these findings alone, by seam."""
    _print(_by_seam(found, _width(console)), console)


def _width(console: Console) -> int | None:
    return console.width if console.is_terminal else None


def _print(lines: Iterable[Line], console: Console) -> None:
    encoding = console.encoding
    for line in lines:
        text = Text.assemble(*((fit(piece, encoding), style) for piece, style in line.pieces))
        for row in _rows(text, console, line.indent):
            row.rstrip()
            console.print(Text(" " * line.indent) + row if row else "", highlight=False, soft_wrap=True)


def _rows(text: Text, console: Console, indent: int) -> Iterable[Text]:
    if not console.is_terminal:
        return [text]
    return text.wrap(console, max(console.width - indent, 20), overflow="fold") or [text]


def _lines(run: Run, report: str, width: int | None) -> Iterator[Line]:
    yield from _head(run)
    yield from _findings(run, width)
    yield from _section("Accepted", _accepted(run))
    yield from _not_passed(run)
    yield from _not_checked(run)
    yield from _section("Warnings", run.observations.warnings)
    if report:
        yield Line()
        yield _line("Report  ", "bold", report, "")


def _line(*pieces: str, indent: int = 0) -> Line:
    """Text and style in turn."""
    return Line(tuple(zip(pieces[::2], pieces[1::2], strict=True)), indent)


def _section(title: str, lines: Iterable[str]) -> Iterator[Line]:
    """A heading and its lines; nothing where there are none."""
    listed = list(lines)
    if listed:
        yield Line()
        yield _line(title, "bold")
        yield from (_line(text, "", indent=2) for text in listed)


def _head(run: Run) -> Iterator[Line]:
    counts = tally(run.coverage)
    if counts.seams:
        full, shaded, light = counts.widths(BAR)
        share = f"  {counts.percent} %"
        yield _line(
            "Seams   ",
            "bold",
            "█" * full,
            "green",
            "▒" * shaded,
            "magenta",
            "░" * light,
            "dim",
            share,
            "bold",
        )
        parts = (
            (counts.exercised, "exercised", "█ ", "green"),
            (counts.mocked_only, "mocked only", "▒ ", "magenta"),
            (counts.unexercised, "unexercised", "░ ", "dim"),
        )
        pieces = [(sign, f"{count:,} {word}   ", style) for count, word, sign, style in parts]
        yield _line(*(piece for sign, text, style in pieces for piece in (sign, style, text, "")), indent=8)
    else:
        yield _line("Seams   ", "bold", "no seam between components was found", "")
    yield _line("Tests   ", "bold", _tests(run), "")
    if raced := contended(run):
        yield _line(raced, "", indent=8)


def _tests(run: Run) -> str:
    tests = run.tests
    parts = [f"{tests.passed:,} passed"]
    parts += [f"{tests.failed:,} failed"] if tests.failed else []
    parts += [f"{tests.skipped:,} skipped"] if tests.skipped else []
    parts += [f"{tests.not_repeatable:,} not repeatable"] if tests.not_repeatable else []
    return ", ".join(parts) + f", in {run.info.seconds:.1f} s"


def _findings(run: Run, width: int | None) -> Iterator[Line]:
    yield Line()
    yield _line("Found   ", "bold", count_line(run), "")
    shown, more = _shown(open_findings(run))
    yield from _by_seam(shown, width)
    if more:
        yield Line()
        yield from (_line(f"and {count:,} more of {rule}", "dim") for rule, count in sorted(more.items()))
        yield _line("All of them: dryfit report --html FILE", "dim")
    if shown:
        yield Line()
        yield _line(f"What a rule means, and how to fix what it finds: dryfit rule {shown[0].rule}", "dim")


def _by_seam(findings: Iterable[Finding], width: int | None) -> Iterator[Line]:
    for seam, found in by_seam(findings):
        yield Line()
        yield _seam(seam)
        for finding in found:
            yield from _finding(finding, width)


def _shown(findings: Iterable[Finding]) -> tuple[list[Finding], dict[str, int]]:
    """Every error; of the rest the first few of each rule, and how many more there are by rule."""
    shown: list[Finding] = []
    seen: dict[str, int] = {}
    more: dict[str, int] = {}
    for finding in findings:
        seen[finding.rule] = seen.get(finding.rule, 0) + 1
        if finding.severity == "error" or seen[finding.rule] <= MOST_OF_A_RULE:
            shown.append(finding)
        else:
            rule = f"{finding.rule} {finding.name}"
            more[rule] = more.get(rule, 0) + 1
    return shown, more


def _seam(seam: Seam) -> Line:
    return _line(seam.caller, "bold", " → ", "dim", seam.callable, "bold")


def _finding(finding: Finding, width: int | None) -> Iterator[Line]:
    yield _line(
        finding.severity,
        COLOURS[finding.severity],
        f"  {finding.rule} {finding.name}  ",
        "",
        str(finding.site),
        "cyan",
        indent=2,
    )
    yield _line(finding.message, "", indent=4)
    yield from (_line(row, "", indent=6) for row in columns(finding, None if width is None else width - 6))
    told = [fact for fact in besides(finding) if not (fact.name == "tests" and finding.test)]
    yield from (_line(fact_line(_few(fact)), "dim", indent=6) for fact in told[:MOST_FACTS])
    if finding.test:
        yield _line(f"test: {finding.test}", "dim", indent=6)
    if finding.overlap is not None:
        yield _line(f"to see it again: {finding.replay}", "dim", indent=6)
    yield _line(f'to accept it: dryfit accept {finding.id} --reason "why"', "dim", indent=6)


def _few(fact: Fact) -> Fact:
    if not isinstance(fact.value, tuple) or len(fact.value) <= MOST_VALUES:
        return fact
    return Fact(fact.name, (*fact.value[:MOST_VALUES], f"and {len(fact.value) - MOST_VALUES:,} more"))


def _accepted(run: Run) -> list[str]:
    return [f"{finding.id}  {finding.accepted}" for finding in run.findings if finding.accepted is not None]


def _not_passed(run: Run) -> Iterator[Line]:
    tests = [
        f"{trace.outcome}  {trace.test}" for trace in run.observations.traces if trace.outcome in NOT_PASSED
    ]
    more = [f"and {len(tests) - MOST_TESTS:,} more"] if len(tests) > MOST_TESTS else []
    return _section("Tests that did not pass", [*tests[:MOST_TESTS], *more])


def _not_checked(run: Run) -> Iterator[Line]:
    files = unread(run)
    reasons = by_reason(set(joined(left_out(run))) - set(files))
    lines = [f"{file.what}: {file.reason}" for file in files]
    lines += shortfalls(run)
    lines += [_reason(reason, what) for reason, what in reasons[:MOST_REASONS]]
    if len(reasons) > MOST_REASONS:
        lines.append(f"and {plural(len(reasons) - MOST_REASONS, 'more reason')}")
    return _section("Not checked", lines)


def _reason(reason: str, what: list[str]) -> str:
    return f"{what[0]}: {reason}" if len(what) == 1 else f"{len(what):,} × {reason} (one is {what[0]})"
