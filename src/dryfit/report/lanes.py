"""The lanes of a finding: one an operation, its steps from top to bottom in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dryfit.model.finding import Fact, Finding
from dryfit.model.interleaving import Step
from dryfit.model.lanes import GAVE, LANES, SERIAL, brief, short_test, telling
from dryfit.model.seam import Place

State = Literal["before", "acts", "stands", "blocked", "over"]
"""An operation has not begun, makes this step, is not its turn, waits for another one, has come to its end."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation during one step.

    ``holds`` are the numbers of those that begin to wait for it with this step, ``tie`` what is drawn of the line
    between them here: whether it starts, passes or ends, and whether the holder is at this end.
    """

    state: State
    text: str = ""
    place: Place | None = None
    line: str = ""
    holds: tuple[int, ...] = ()
    tie: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One step, with a cell for each operation."""

    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one order, line by line; ``odd`` are the lines that no serial order gives."""

    title: str
    lines: tuple[str, ...]
    odd: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a finding, and what came of this order and of the serial ones.

    ``tests`` are those that perform the operations, where these are several.
    """

    names: tuple[str, ...]
    tests: tuple[str, ...]
    rows: tuple[Row, ...]
    outcomes: tuple[Outcome, ...]
    left_out: int


def lanes_of(finding: Finding, sources: Mapping[str, tuple[str, ...]]) -> Lanes | None:
    """The lanes, with the lines of ``sources`` at their places; ``None`` for a finding without any."""
    if not finding.lanes:
        return None
    steps = telling(finding.lanes)
    rows = tuple(_rows(steps, len(names_of(finding)), sources))
    tests = tuple(map(short_test, tests_of(finding)))
    return Lanes(names_of(finding), tests, rows, outcomes(finding.evidence), _left_out(finding, steps))


def names_of(finding: Finding) -> tuple[str, ...]:
    """The operations that ran at once, as many as have a lane."""
    if finding.overlap is not None:
        return tuple(operation.name for operation in finding.overlap.operations)
    count = max((step.worker for step in finding.lanes), default=-1) + 1
    return tuple(f"operation {number}" for number in range(1, count + 1))


def tests_of(finding: Finding) -> tuple[str, ...]:
    """The test of each operation, where several tests perform them."""
    if finding.overlap is None or not finding.overlap.others:
        return ()
    return tuple(operation.test for operation in finding.overlap.operations)


def outcomes(evidence: Iterable[Fact]) -> tuple[Outcome, ...]:
    """What this order gave, then what each serial one gives."""
    facts = {fact.name: fact.value for fact in evidence if isinstance(fact.value, tuple)}
    serial = {name: lines for name, lines in facts.items() if name.startswith(SERIAL)}
    usual = {line for lines in serial.values() for line in lines}
    gave = [Outcome(GAVE, facts[GAVE], frozenset(facts[GAVE]) - usual)] if GAVE in facts else []
    return (*gave, *(Outcome(name, lines) for name, lines in serial.items()))


def besides(finding: Finding) -> tuple[Fact, ...]:
    """The evidence without what the lanes show."""
    if not finding.lanes:
        return finding.evidence
    return tuple(
        fact
        for fact in finding.evidence
        if fact.name not in (LANES, GAVE) and not fact.name.startswith(SERIAL)
    )


def _left_out(finding: Finding, steps: Sequence[Step]) -> int:
    return sum(step.kind != "began" for step in finding.lanes) - len(steps)


def _rows(steps: Sequence[Step], count: int, sources: Mapping[str, tuple[str, ...]]) -> Iterator[Row]:
    states: list[State] = ["before"] * count
    for step in steps:
        states = ["stands" if state == "acts" else state for state in states]
        states[step.worker] = "blocked" if step.kind == "blocked" else "acts"
        cells = [Cell(state) for state in states]
        for number in step.by:
            cells[number] = Cell(states[number], holds=(step.worker + 1,))
        cells[step.worker] = _cell(step, states[step.worker], sources)
        ties = _ties(step, count)
        yield Row(step.kind, tuple(replace(cell, tie=tie) for cell, tie in zip(cells, ties, strict=True)))
        if step.kind in ("returned", "raised"):
            states[step.worker] = "over"


def _ties(step: Step, count: int) -> Iterator[str]:
    """The line between an operation that is blocked and those that hold it up, lane by lane."""
    ends = sorted((step.worker, *step.by))
    for lane in range(count):
        if not step.by or not ends[0] <= lane <= ends[-1]:
            yield ""
        else:
            kind = "starts" if lane == ends[0] else "ends" if lane == ends[-1] else "passes"
            yield f"{kind} holder" if lane in step.by else kind


def _cell(step: Step, state: State, sources: Mapping[str, tuple[str, ...]]) -> Cell:
    if step.kind in ("woken", "victim"):
        return Cell(state, brief(step))
    lines = sources.get(step.place.file, ()) if step.place is not None else ()
    line = lines[step.place.line - 1].strip() if step.place and 0 < step.place.line <= len(lines) else ""
    return Cell(state, brief(step), step.place, "" if step.kind in ("line", "blocked") else line)
