"""The contention check: do operations come out at once as they do one after the other?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dryfit.checks import contention_errors
from dryfit.checks.experiments import below
from dryfit.checks.failed import escapes, failed_in, is_asserted, raised_in
from dryfit.checks.judgement import Judgement, combine, find, sorted_findings
from dryfit.checks.lanes import lanes, outcome_of, replies, sent_by, steps_of
from dryfit.checks.late_reads import LATE, is_late_read
from dryfit.checks.names import plain
from dryfit.checks.stale import Stale, stale
from dryfit.model.digest import MEMORY, Spot, diff
from dryfit.model.finding import Fact, Finding
from dryfit.model.interleaving import Ended, Explored, Interleaving, Operation, Overlap, Run, Step
from dryfit.model.lanes import GAVE, LANES, PARTLY, SERIAL, short_test
from dryfit.model.reply import ErrorSeen
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.serial import Masks, came_of, changes, left_by
from dryfit.model.structure import Sharing
from dryfit.model.trace import Skipped
from dryfit.model.trial import Crossed, Trial

OWN = Fact("shared", "nothing in the source shows that threads or tasks share these objects")

Sharings = Mapping[str, Sharing] | None

STANDS = "what other interleavings have shown is a finding all the same"

EXHAUSTED, BUDGET_HIT = "exhausted", "budget hit"

_SHOWING = frozenset({"statement", "commit", "send", "lock", "await", "line", "read", "write"})
"""Steps at which an operation does something."""

_OF_THREADS = frozenset({"line", "lock", "release"})
"""Steps at which tasks do not give way."""


def judge(explored: Iterable[tuple[Explored, Trial]], shared: Sharings = None) -> Judgement:
    """Judge DF501 to DF505 by what explorations showed, each with the baseline of its test.

    ``shared`` tells who may share the objects of the components' modules, ``None`` that all of them are shared: what
    only others show may well be one thread's own, and is a warning.
    """
    own: list[Judgement] = []
    across: list[Judgement] = []
    for each, baseline in explored:
        (across if each.overlap.others else own).append(_judged(each, baseline, shared))
    known = _once(combine(own))
    return combine([known, *_less_known(across, known)])


def _once(own: Judgement) -> Judgement:
    """One finding of each cause, whichever operations and tests have shown it."""
    found: dict[str, Finding] = {}
    for each in sorted_findings(sorted(own.findings, key=lambda finding: finding.message)):
        _keep(found, each)
    return replace(own, findings=tuple(found.values()))


def _keep(found: dict[str, Finding], other: Finding) -> None:
    """Keep one finding of a cause: the first, which has the smallest schedule, but an error rather than a warning."""
    known = found.get(other.id)
    if known is None or (known.severity == "warning" and other.severity == "error"):
        found[other.id] = other


def _less_known(across: Iterable[Judgement], own: Judgement) -> Iterator[Judgement]:
    """What only several tests together show: one of them, or a pair before, may have shown the same."""
    known = {found.id for found in own.findings}
    for each in across:
        yield replace(each, findings=tuple(found for found in each.findings if found.id not in known))
        known |= {found.id for found in each.findings}


def _judged(explored: Explored, baseline: Trial, shared: Sharings) -> Judgement:
    if explored.void:
        return Judgement(skipped=(Skipped(named(explored.overlap), explored.void),))
    findings: dict[str, Finding] = {}
    skipped: list[Skipped] = []
    masks = Masks.of((*explored.serial, *explored.alone))
    for run in explored.others:
        if run.interleaving.ending in ("stuck", "limit") and not _starve(run.interleaving):
            skipped.append(Skipped(_in_test(explored.overlap), f"inconclusive: {run.interleaving.said}"))
        elif rule := _rule(explored, run, masks):
            if rule == "DF501" and (unread := _unread(explored, run)):
                skipped.append(
                    Skipped(_in_test(explored.overlap), f"inconclusive: {unread} was not read each time")
                )
                continue
            found = _finding(rule, explored, run, baseline)
            if rule == "DF501" and _is_one_threads_own(explored, run, shared):
                found = replace(found, severity="warning", evidence=(*found.evidence, OWN))
            elif rule == "DF501" and is_late_read(explored, run):
                found = replace(found, severity="warning", evidence=(*found.evidence, LATE))
            _keep(findings, found)
    if findings:
        skipped = [replace(each, reason=f"{each.reason}; {STANDS}") for each in skipped]
    return Judgement(tuple(findings.values()), tuple(skipped))


def _unread(explored: Explored, run: Run) -> str:
    """What was left out of the state only in this run, or only in serial orders, as a table that is locked."""
    serial = {spot for pair in explored.serial for each in pair for spot in _left_out(each)}
    return ", ".join(sorted(f"{source} {place}" for source, place in serial ^ _left_out(run)))


def _left_out(run: Run) -> set[Spot]:
    return {spot for digest in (run.before, run.after) for spot, _ in digest.skipped}


def explored_in_part(explored: Explored) -> Skipped | None:
    """How much was tried of what has shown nothing so far, and how to have more of it tried; ``None`` for all."""
    if explored.exhausted or explored.void or explored.others:
        return None
    return Skipped(
        _in_test(explored.overlap),
        f"{PARTLY}: {explored_said(explored)}, which came out well; to try more of them {_more_tried(explored)}",
    )


def _more_tried(explored: Explored) -> str:
    """How to have more of them tried: there are two budgets, and one was used up."""
    own = explored.overlap.budget
    if own > explored.tried:
        return "give --budget more time"
    if promises(explored.overlap):
        return f"give budget={2 * (own or explored.at_least)} to its mark"
    return f"give budget={2 * explored.at_least} to interleave() in a test that runs the same operations"


def _in_test(overlap: Overlap) -> str:
    """The operations, and the test from which they are taken."""
    said = named(overlap)
    return said if overlap.others or promises(overlap) else f"{said}, in {short_test(overlap.test)}"


def _rule(explored: Explored, run: Run, masks: Masks) -> str:
    """The rule that a run shows broken, which came out as no serial order; "" where an operation was refused."""
    if run.interleaving.ending == "deadlock":
        return "DF502"
    if run.interleaving.ending == "stuck":
        return "DF505"
    if promises(explored.overlap):
        return "DF503"
    if _broken_off(run):
        return "DF502"
    if escaped := _escaped(explored, run):
        return {"deadlock": "DF502", "pool": "DF505"}.get(escaped, "DF504")
    if _is_refused(explored, run, masks):
        return ""
    return "DF505" if _starved(run.interleaving) else "DF501"


def _is_one_threads_own(explored: Explored, run: Run, shared: Sharings) -> bool:
    """Whether all that a run changed is in memory, and nothing shows that threads or tasks share it."""
    if shared is None:
        return False
    changed = diff(run.before, run.after)
    if any(change.source != MEMORY for change in changed):
        return False
    called = [plain(each.seam.callable) for each in explored.overlap.operations if each.seam is not None]
    by = {_sharing(name, shared) for name in (*(change.place for change in changed), *called)}
    are_threads = any(step.kind in _OF_THREADS for step in run.interleaving.steps)
    return not by & ({"threads"} if are_threads else {"threads", "tasks"})


def _sharing(name: str, shared: Mapping[str, Sharing]) -> Sharing:
    """What is told of the module that defines what bears a dotted name."""
    while name and name not in shared:
        name = name.rpartition(".")[0]
    return shared.get(name, "nobody")


def _starve(interleaving: Interleaving) -> bool:
    """Whether all operations that did not end wait for something of Python's own that none of them gives back.

    One after the other they come to their end: so it is one of them that has what the others want.
    """
    return interleaving.ending == "stuck" and _all_wait(interleaving.steps)


def _starved(interleaving: Interleaving) -> bool:
    """Whether they waited in the same way, until the time of one was up."""
    steps = interleaving.steps
    expired = next((number for number, step in enumerate(steps) if step.kind == "expired"), 0)
    return _all_wait(steps[:expired])


def _all_wait(steps: Sequence[Step]) -> bool:
    last = {step.worker: step for step in steps}
    waiting = [step for step in last.values() if step.kind not in ("returned", "raised")]
    return len(waiting) > 1 and all(
        step.kind == "blocked" and not step.by and not step.in_server for step in waiting
    )


def _broken_off(run: Run) -> bool:
    """Whether a server had to break an operation off, and that did not try again."""
    victims = {step.worker for step in run.interleaving.steps if step.kind == "victim"}
    return any(ended is not None and ended.has_failed for ended in map(run.ended.__getitem__, victims))


def _escaped(explored: Explored, run: Run) -> str:
    """The kind of an error of contention that came out of an operation, and in no serial order does; or ""."""
    usual = {error.bases[0] for pair in explored.serial for each in pair for error in _errors(each)}
    kinds = (contention_errors.kind_of(error) for error in _errors(run) if error.bases[0] not in usual)
    return next(filter(None, kinds), "")


def _errors(run: Run) -> Iterator[ErrorSeen]:
    return (error for ended in run.ended if ended is not None for error in ended.errors)


def _refusals(run: Run) -> list[str]:
    """How operations were refused on purpose: by exceptions that are no failure to answer, or by a status."""
    return list(filter(None, map(_refusal, run.ended)))


def _refusal(ended: Ended | None) -> str:
    answered = ended.answered if ended is not None else None
    if ended is None or (answered is not None and answered.is_failure):
        return ""
    if ended.error is not None:
        return ended.error.bases[0]
    return f"status {answered.status}" if answered is not None and answered.is_refusal else ""


def _is_refused(explored: Explored, run: Run, masks: Masks) -> bool:
    """Whether all but one raised an exception of the program's own, or were refused, and left the state to the one.

    That one may have been refused, too: as it is alone. The others sent nothing that it does not send alone, unless
    one of them made amends.
    """
    usual_alone = {refusal for first, _ in explored.alone for refusal in _refusals(first)}
    refused = [refusal for refusal in _refusals(run) if refusal not in usual_alone]
    if len(refused) != len(run.ended) - 1:
        return False
    rows, sent = left_by(run, masks)
    return any(
        rows == usual and (sent == usually_sent or _makes_amends(explored, run))
        for usual, usually_sent in (left_by(first, masks) for first, _ in explored.alone)
    )


def _makes_amends(explored: Explored, run: Run) -> bool:
    """Whether something was sent that never is otherwise: a refund, say. Nobody can tell whether it makes all good."""
    usual = {
        (each.callable, each.what) for first, _ in (*explored.serial, *explored.alone) for each in first.sent
    }
    return any((each.callable, each.what) not in usual for each in run.sent)


def _finding(rule: str, explored: Explored, run: Run, baseline: Trial) -> Finding:
    overlap = explored.overlap
    place = where(rule, run)
    owner = _owner(run, baseline)
    # Whichever operation comes to it, an object in memory that is at fault is one cause.
    by = "" if owner is not None else f"{_mistaken(run, overlap, place).name} "
    found = find(
        rule,
        owner or seam_of(place, overlap, baseline, last=rule == "DF505"),
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


def seam_of(place: Place, overlap: Overlap, baseline: Trial, *, last: bool = False) -> Seam:
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


def promises(overlap: Overlap) -> bool:
    """Whether the operations say themselves what has to hold: no serial order is asked."""
    return overlap.operations[0].kind == "test"


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


def named(overlap: Overlap) -> str:
    """The operations that run at once, in a clause."""
    names = [_in_its_test(each) for each in overlap.operations]
    if len(set(names)) == 1:
        what = "copies" if overlap.test.endswith(f"::{names[0]}") else "calls"
        return f"{_number(len(names))} {what} of {names[0]} at once"
    return f"{', '.join(names[:-1])} and {names[-1]} at once"


def _in_its_test(operation: Operation) -> str:
    return f"{operation.name} in {short_test(operation.test)}" if operation.test else operation.name


def _number(count: int) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(count, str(count))


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


def explored_said(explored: Explored) -> str:
    """Whether everything was tried, or how much of it."""
    if explored.overlap.schedule:
        return "the order of the finding alone"
    if promises(explored.overlap) and explored.others:
        return f"stopped at the first finding, after {explored.tried} of at least {explored.at_least} interleavings"
    if explored.exhausted:
        return f"{EXHAUSTED}: all of {explored.tried} interleavings"
    return f"{BUDGET_HIT} after {explored.tried} of at least {explored.at_least} interleavings"
