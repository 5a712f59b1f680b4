"""How a run that breaks a rule is told: the line and the seam, a sentence, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from dryfit.checks.experiments import below
from dryfit.checks.explored import explored_said, named, promises
from dryfit.checks.failed import escapes, failed_in, is_asserted, raised_in
from dryfit.checks.judgement import find
from dryfit.checks.lanes import lanes, outcome_of, replies, sent_by, steps_of
from dryfit.checks.names import plain
from dryfit.checks.stale import Stale, stale
from dryfit.model.digest import MEMORY, diff
from dryfit.model.finding import Fact, Finding
from dryfit.model.interleaving import Explored, Operation, Overlap, Run
from dryfit.model.lanes import GAVE, LANES, SERIAL
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.serial import Masks, came_of, changes
from dryfit.model.trial import Crossed, Trial

_SHOWING = frozenset({"statement", "commit", "send", "lock", "await", "line", "read", "write"})
"""Steps at which an operation does something."""


def finding_of(rule: str, explored: Explored, run: Run, baseline: Trial) -> Finding:
    """Tell the run, with its schedule, so that it can be shown again."""
    overlap = explored.overlap
    place = where(rule, run)
    owner = _owner(run, baseline)
    # Whichever operation comes to it, an object in memory that is at fault is one cause.
    by = "" if owner is not None else f"{_mistaken(run, overlap, place).name} "
    found = find(
        rule,
        owner or _seam_of(place, overlap, baseline, last=rule == "DF505"),
        place,
        f"{by}{place.function}",
        _message(rule, explored, run),
        tests=[overlap.test, *overlap.others],
        evidence=tuple(_evidence(explored, run)),
    )
    shown = replace(overlap, schedule=run.interleaving.schedule, stop=run.stop)
    return replace(found, overlap=shown, lanes=steps_of(run))


def _mistaken(run: Run, overlap: Overlap, place: Place) -> Operation:
    """The operation that a finding is about, whatever others it meets: of one test's own the first stands for all."""
    if overlap.others:
        for step in run.interleaving.steps:
            if step.place == place:
                return overlap.operations[step.worker]
    return overlap.operations[0]


def where(rule: str, run: Run) -> Place:
    """The line that raised, or waits for ever; else the one that read in memory what another operation then wrote, or
    the one after which an operation had to give way first.
    """
    steps = run.interleaving.steps
    if rule == "DF504" and (raised_at := raised_in(run)) is not None:
        return raised_at
    if rule in ("DF502", "DF505"):
        found = [step for step in steps if step.kind == "blocked"]
        if rule == "DF502":  # any of them would do: the one of the first operation, whoever waits first
            found = [step for step in found if step.worker == min(each.worker for each in found)]
        else:  # what is not held by an operation's statement is what the pool is short of
            found = [step for step in found if not step.by] or found
    elif rule == "DF504":
        raising = next(worker for worker, ended in enumerate(run.ended) if ended is not None and ended.errors)
        found = [step for step in steps if step.worker == raising and step.kind in _SHOWING]
    elif (read := _gone_stale(run)) is not None and read.read.place is not None:
        return read.read.place
    else:
        found = [step for step, following in pairwise(steps) if following.worker != step.worker][::-1]
        found = [step for step in found if step.kind in _SHOWING] or list(steps)
    return next((step.place for step in reversed(found) if step.place is not None), Place("", 0))


def _gone_stale(run: Run) -> Stale | None:
    """What was read in memory and went stale, where nothing but what is in memory has changed."""
    changed = diff(run.before, run.after)
    if any(change.source != MEMORY for change in changed):
        return None
    return stale(run.interleaving.steps, {change.place for change in changed})


def _owner(run: Run, baseline: Trial) -> Seam | None:
    """The seam to whose callee belongs what changed in memory, where something did."""
    places = [change.place for change in diff(run.before, run.after) if change.source == MEMORY]
    owners = {place.rpartition(".")[0] for place in places}
    return next(
        (
            each.point.seam
            for each in baseline.crossings
            if each.point.seam.caller != DRIVER
            and plain(each.point.seam.callable).rpartition(".")[0] in owners
        ),
        None,
    )


def _seam_of(place: Place, overlap: Overlap, baseline: Trial, *, last: bool = False) -> Seam:
    """The seam through which the function of a place was called; that of the operation, if it was itself.

    ``last`` takes the last call of several.
    """
    inside = _inside(overlap, baseline)
    at = [each for each in inside if each.point.site == place and each.parent >= 0]
    around = [baseline.crossings[each.parent] for each in at] or [
        each for each in inside if plain(each.point.seam.callable).endswith(f".{place.function}")
    ]
    seams = [each.point.seam for each in around if each.point.seam.caller != DRIVER]
    found = seams[-1 if last else 0] if seams else None
    return found or overlap.operations[0].seam or Seam(DRIVER, "", overlap.operations[0].name)


def _inside(overlap: Overlap, baseline: Trial) -> list[Crossed]:
    """The crossings of the operations in the baseline, in their order; that of several tests has none besides."""
    entries = [each for each in baseline.crossings if each.parent < 0]
    wanted = {(each.kind, each.nth) for each in overlap.operations if not overlap.others}
    own = [
        each
        for number, each in enumerate(entries)
        if ("call", number) in wanted or ("request", each.request) in wanted
    ]
    found = {inner.index: inner for each in own or entries for inner in (each, *below(baseline, each))}
    return [found[index] for index in sorted(found)]


def _message(rule: str, explored: Explored, run: Run) -> str:
    said = named(explored.overlap)
    failed = failed_in(run)
    match rule:
        case "DF502" if failed is not None:
            return f"{said} wait for each other, until the database breaks one off: {escapes(failed)}"
        case "DF502":
            return f"{said} wait for each other and never end: {run.interleaving.said or 'a deadlock'}"
        case "DF505" if run.interleaving.ending == "completed" and failed is None:
            return (
                f"{said} all wait for what one of them holds, until the time of one is up: {outcome_of(run)}"
            )
        case "DF505" if failed is None:
            return f"{said} all wait for what one of them holds and never gives back: {run.interleaving.said}"
        case "DF503" if failed is not None and not is_asserted(failed):
            return f"{said}: {escapes(failed)}"
        case "DF503":
            return f"{said}: an assertion of the test does not hold: {outcome_of(run)}"
        case "DF504" | "DF505" if failed is not None:
            return f"{said}: {escapes(failed)}; no order of one after the other raises it"
        case _:
            more = "".join(f"; {each}" for each in _sent_more(explored, run)[:1])
            return f"{said} come out as in no order of one after the other: {outcome_of(run)}{more}"


def _sent_more(explored: Explored, run: Run) -> tuple[str, ...]:
    """What was sent more often than in any serial order, in words."""
    usual = {each for pair in explored.serial for each in sent_by(pair[0])}
    often = [each for each in sent_by(run) if each not in usual]
    most = max((len(pair[0].sent) for pair in explored.serial), default=0)
    return tuple(often) if len(run.sent) > most else ()


def _evidence(explored: Explored, run: Run) -> Iterator[Fact]:
    yield Fact(LANES, lanes(steps_of(run)))
    if (read := _gone_stale(run)) is not None:
        yield Fact("stale", read.said)
    if promises(explored.overlap):
        yield Fact("explored", explored_said(explored))
        return
    yield Fact(GAVE, (*replies(run), *changes(run), *sent_by(run)))
    for number, (first, _) in enumerate(_distinct_serial(explored), 1):
        yield Fact(f"{SERIAL} {number} gives", (*replies(first), *changes(first), *sent_by(first)))
    yield Fact("explored", explored_said(explored))


def _distinct_serial(explored: Explored) -> Iterator[tuple[Run, Run]]:
    masks = Masks.of(explored.serial)
    seen = set()
    for pair in explored.serial:
        came = came_of(pair[0], masks)
        if came not in seen:
            seen.add(came)
            yield pair
