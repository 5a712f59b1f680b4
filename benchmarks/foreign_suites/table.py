"""Results for people: on the terminal, and in the docs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from foreign_suites.result import Result

COLUMNS = (
    "program",
    "kind",
    "Python",
    "passed",
    "failed",
    "skipped",
    "xfailed",
    "unsteady",
    "user s bare",
    "ratio",
    "functions",
    "not woven",
    "crossings",
    "errors",
    "differences",
)
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
SHOWN = 10


def row(result: Result) -> tuple[str, ...]:
    counts, figures = result.counts, result.figures
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return (
        f"{result.program} {result.version}",
        result.kind,
        result.python,
        *(
            str(number)
            for number in (
                counts.get("passed", 0),
                failed,
                counts.get("skipped", 0),
                counts.get("xfailed", 0),
            )
        ),
        str(len(result.unsteady)),
        f"{result.bare_user:.1f}",
        f"{result.ratio:.2f}",
        *(f"{number:,}" for number in (figures.functions, len(figures.not_woven), figures.crossings)),
        str(len(figures.errors)),
        str(len(result.differences)),
    )


def markdown_table(results: Sequence[Result]) -> str:
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *map(row, results)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def plain_table(results: Sequence[Result]) -> str:
    lines = [COLUMNS, *map(row, results)]
    widths = [max(len(cells[column]) for cells in lines) for column in range(len(COLUMNS))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() + "\n"
        for cells in lines
    )


def write_page(results: Sequence[Result], page: Path) -> None:
    """Put the table of figures between the markers of its docs page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{markdown_table(results)}\n{END}{after}", encoding="utf-8")


def tell(result: Result) -> None:
    """Print a result as soon as it is there; the first differences only, all of them stand in the JSON file."""
    print(plain_table([result]).splitlines()[1], flush=True)
    for test in result.unsteady:
        print(f"    unsteady by itself: {test}")
    for difference in result.differences[:SHOWN]:
        print(
            f"    {difference.what}\n        bare:   {difference.bare}\n        dryfit: {difference.dryfit}"
        )
    if len(result.differences) > SHOWN:
        print(f"    and {len(result.differences) - SHOWN} more")
    sys.stdout.flush()
