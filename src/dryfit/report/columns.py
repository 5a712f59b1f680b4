"""The lanes of a finding in columns of text: the place of each step, then one column an operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from dryfit.model.finding import Finding
from dryfit.model.interleaving import Step
from dryfit.model.lanes import brief, short_test, telling
from dryfit.report.evidence import cut
from dryfit.report.lanes import names_of, outcomes, tests_of

MOST_STEPS = 20
WIDEST = 64
NARROWEST = 24
GAP = "  "


def columns(finding: Finding, width: int | None = None) -> tuple[str, ...]:
    """The lanes, a line a step, and below what came of this order and of the serial ones; none without lanes.

    ``width`` is the room for a line, ``None`` for as much as is needed. Where columns would be too narrow, a line tells
    the number of the operation instead.
    """
    if not finding.lanes:
        return ()
    return (*_lanes(finding, width), *_outcomes(finding))


def _lanes(finding: Finding, width: int | None) -> Iterator[str]:
    names = [f"{number} {name}" for number, name in enumerate(names_of(finding), 1)]
    tests = [f"{GAP}in {short_test(test)}" for test in tests_of(finding)]
    steps = telling(finding.lanes)
    places = max((len(_place(step)) for step in steps), default=0)
    room = WIDEST if width is None else (width - places) // len(names) - len(GAP)
    if room < NARROWEST:
        yield from (f"{name}{test}" for name, test in zip_longest(names, tests, fillvalue=""))
        yield from _few(
            [f"{step.worker + 1} {'  ' * step.worker}{brief(step)}{GAP}{_place(step)}" for step in steps]
        )
        return
    cells = [
        [name, *tests[lane : lane + 1], *(brief(step) for step in steps if step.worker == lane)]
        for lane, name in enumerate(names)
    ]
    widths = [min(max(map(len, texts)), room) for texts in cells]
    yield _row("", names, places, widths)
    if tests:
        yield _row("", tests, places, widths)
    yield from _few([_row(_place(step), _beside(step, len(names)), places, widths) for step in steps])


def _beside(step: Step, count: int) -> list[str]:
    return [brief(step) if lane == step.worker else "" for lane in range(count)]


def _row(place: str, texts: Sequence[str], places: int, widths: Sequence[int]) -> str:
    cells = [f"{cut(text, width):<{width}}" for text, width in zip(texts, widths, strict=True)]
    return GAP.join((f"{place:<{places}}", *cells)).rstrip()


def _few(lines: Sequence[str]) -> Iterator[str]:
    """The first and the last of many, most of all the last: there the operations meet."""
    if len(lines) <= MOST_STEPS:
        yield from lines
        return
    first = MOST_STEPS // 3
    yield from lines[:first]
    yield f"({len(lines) - MOST_STEPS + 1:,} more steps: dryfit report --html FILE)"
    yield from lines[first - MOST_STEPS + 1 :]


def _outcomes(finding: Finding) -> Iterator[str]:
    for outcome in outcomes(finding.evidence):
        yield f"{outcome.title}:"
        yield from (f"{GAP}{line}" for line in outcome.lines)


def _place(step: Step) -> str:
    return "" if step.place is None or step.kind in ("woken", "victim") else str(step.place)
