"""The contention check: do operations come out at once as they do one after the other?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dryfit.checks.broken_rule import rule_of, starve
from dryfit.checks.contention_finding import finding_of
from dryfit.checks.explored import in_test, named
from dryfit.checks.judgement import Judgement, combine, sorted_findings
from dryfit.checks.late_reads import LATE, is_late_read
from dryfit.checks.names import plain
from dryfit.model.digest import MEMORY, Spot, diff
from dryfit.model.finding import Fact, Finding
from dryfit.model.interleaving import Explored, Run
from dryfit.model.serial import Masks
from dryfit.model.structure import Sharing
from dryfit.model.trace import Skipped
from dryfit.model.trial import Trial

OWN = Fact("shared", "nothing in the source shows that threads or tasks share these objects")

Sharings = Mapping[str, Sharing] | None

STANDS = "what other interleavings have shown is a finding all the same"

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
        if run.interleaving.ending in ("stuck", "limit") and not starve(run.interleaving):
            skipped.append(Skipped(in_test(explored.overlap), f"inconclusive: {run.interleaving.said}"))
        elif rule := rule_of(explored, run, masks):
            if rule == "DF501" and (unread := _unread(explored, run)):
                skipped.append(
                    Skipped(in_test(explored.overlap), f"inconclusive: {unread} was not read each time")
                )
                continue
            found = finding_of(rule, explored, run, baseline)
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
