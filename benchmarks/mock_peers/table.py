"""Which tool noticed which stand-in: one table for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mock_peers.pair import CHECKOUT, Pair

PAGE = CHECKOUT / "docs" / "explanation" / "mock-drift.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one tool made of one pair."""

    found: bool
    false_alarms: frozenset[str]

    def __str__(self) -> str:
        noticed = "found" if self.found else "–"
        return f"{noticed}, false alarm" if self.false_alarms else noticed


@dataclass(frozen=True, slots=True)
class Row:
    """One pair, with a verdict for each tool."""

    pair: Pair
    verdicts: Sequence[Verdict]


def markdown(names: Sequence[str], rows: Sequence[Row]) -> str:
    """The whole table, with the sums in its last two lines."""
    head = ("stand-in", "sub-kind", "annotated", *names)
    lines = [head, tuple("---" for _ in head), *map(_cells, rows), *_sums(len(names), rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def false_alarms(names: Sequence[str], rows: Sequence[Row]) -> str:
    """What was said against each mended twin, a line each."""
    return "".join(
        f"{name} on {row.pair.name}: {' '.join(said.split())}\n"
        for row in rows
        for name, verdict in zip(names, row.verdicts, strict=True)
        for said in sorted(verdict.false_alarms)
    )


def write_page(table: str, page: Path = PAGE) -> None:
    """Put the table between the markers of its docs page."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    annotated = "yes" if row.pair.annotated else "no"
    return (row.pair.name, row.pair.flaw.sub_kind, annotated, *map(str, row.verdicts))


def _sums(tools: int, rows: Sequence[Row]) -> Sequence[tuple[str, ...]]:
    columns = [[row.verdicts[index] for row in rows] for index in range(tools)]
    found = [str(sum(verdict.found for verdict in column)) for column in columns]
    alarms = [str(sum(bool(verdict.false_alarms) for verdict in column)) for column in columns]
    annotated = str(sum(row.pair.annotated for row in rows))
    return (
        (f"**found, of {len(rows)}**", "", annotated, *found),
        (f"**false alarms on {len(rows)} mended twins**", "", "", *alarms),
    )
