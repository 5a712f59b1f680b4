"""What was seen at each seam, put together from coverage, behaviours and traces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from dryfit.model.finding import Finding
from dryfit.model.run import Run, SeamCoverage
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trace import Behaviour, Trace
from dryfit.model.trial import Verdict
from dryfit.report.groups import by_gravity

Kind = Literal["component", "library", "outside", "entry"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class SeenBehaviour:
    """One behaviour with its count, its time in seconds, and the tests that showed it."""

    behaviour: Behaviour
    count: int
    seconds: float
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenSeam:
    """One seam: how it was covered, its call sites with whether they ran, its behaviours and findings.

    ``kind`` says whether it counts: only seams between components do. Shown beside them are calls into libraries,
    stand-ins for what is outside the project and no known library, and entries from tests. ``verdicts`` are on the
    faults that were tried here.
    """

    kind: Kind
    coverage: SeamCoverage
    sites: tuple[tuple[Place, bool], ...]
    behaviours: tuple[SeenBehaviour, ...]
    findings: tuple[Finding, ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def seam(self) -> Seam:
        """The seam itself."""
        return self.coverage.seam

    @property
    def by_rule(self) -> tuple[tuple[Finding, ...], ...]:
        """The findings that nobody accepted, together by rule, the gravest first."""
        found: dict[str, list[Finding]] = {}
        for finding in by_gravity(finding for finding in self.findings if finding.accepted is None):
            found.setdefault(finding.rule, []).append(finding)
        return tuple(map(tuple, found.values()))


def seen_seams(run: Run) -> tuple[SeenSeam, ...]:
    """Every seam that the run knows of, sorted by kind, those that count first."""
    behaviours = _behaviours_by_seam(run)
    findings = _findings_by_seam(run)
    verdicts = defaultdict[Seam, list[Verdict]](list)
    for verdict in run.verdicts:
        verdicts[verdict.experiment.point.seam].append(verdict)
    counted = {entry.seam: entry for entry in run.coverage}
    sites = _sites_by_seam(run)
    others = {seam: _uncounted(seam, found) for seam, found in behaviours.items() if seam not in counted}
    made = (
        SeenSeam(
            _kind(run, seam),
            entry,
            _sites(sites.get(seam, ()), behaviours.get(seam, ())),
            tuple(sorted(behaviours.get(seam, ()), key=_weight)),
            tuple(findings.get(seam, ())),
            tuple(verdicts.get(seam, ())),
        )
        for seam, entry in {**counted, **others}.items()
    )
    return tuple(sorted(made, key=lambda seen: (KINDS.index(seen.kind), seen.seam)))


def _weight(seen: SeenBehaviour) -> tuple[int, str]:
    return (-seen.count, seen.behaviour.key)


def _kind(run: Run, seam: Seam) -> Kind:
    if seam.caller == DRIVER:
        return "entry"
    if any(seam.callee == component.name for component in run.project.components):
        return "component"
    return "library" if seam.callee else "outside"


def _behaviours_by_seam(run: Run) -> Mapping[Seam, list[SeenBehaviour]]:
    counts = _counts(run.observations.traces)
    known = {entry.seam for entry in run.coverage}
    lines = _seams_by_line(run)
    grouped: defaultdict[Seam, list[SeenBehaviour]] = defaultdict(list)
    for behaviour in run.observations.behaviours:
        seam = behaviour.seam if behaviour.seam in known else _named_otherwise(behaviour, lines)
        grouped[seam].append(SeenBehaviour(behaviour, *counts.get(behaviour.key, (0, 0.0, ()))))
    return grouped


def _counts(traces: Iterable[Trace]) -> dict[str, tuple[int, float, tuple[str, ...]]]:
    """Crossings, seconds and tests by behaviour."""
    counts: defaultdict[str, int] = defaultdict(int)
    seconds: defaultdict[str, float] = defaultdict(float)
    tests: defaultdict[str, set[str]] = defaultdict(set)
    for trace in traces:
        for crossing in trace.crossings:
            counts[crossing.behaviour] += crossing.count
            seconds[crossing.behaviour] += crossing.seconds
            tests[crossing.behaviour].add(trace.test)
    return {key: (counts[key], seconds[key], tuple(sorted(tests[key]))) for key in counts}


def _seams_by_line(run: Run) -> dict[tuple[str, str, int], list[Seam]]:
    lines: defaultdict[tuple[str, str, int], list[Seam]] = defaultdict(list)
    for site in run.project.call_sites:
        lines[site.caller, site.place.file, site.place.line].append(
            Seam(site.caller, site.callee, site.callable)
        )
    return lines


def _named_otherwise(behaviour: Behaviour, lines: Mapping[tuple[str, str, int], list[Seam]]) -> Seam:
    """The source's seam at the behaviour's line, where a subclass or a stand-in answered under another name."""
    at_line = lines.get((behaviour.seam.caller, behaviour.site.file, behaviour.site.line), [])
    for seam in at_line:
        if _last(seam) == _last(behaviour.seam):
            return seam
    return at_line[0] if behaviour.stand_in and at_line else behaviour.seam


def _last(seam: Seam) -> str:
    return seam.callable.rpartition(".")[2]


def _findings_by_seam(run: Run) -> Mapping[Seam, list[Finding]]:
    grouped: defaultdict[Seam, list[Finding]] = defaultdict(list)
    for finding in run.findings:
        grouped[finding.seam].append(finding)
    return grouped


def _sites_by_seam(run: Run) -> Mapping[Seam, list[Place]]:
    grouped: defaultdict[Seam, list[Place]] = defaultdict(list)
    for site in run.project.call_sites:
        grouped[Seam(site.caller, site.callee, site.callable)].append(site.place)
    return grouped


def _sites(places: Iterable[Place], seen: Iterable[SeenBehaviour]) -> tuple[tuple[Place, bool], ...]:
    """Call sites of the source and of the run, each with whether the callee itself was reached from there."""
    real = {
        (entry.behaviour.site.file, entry.behaviour.site.line)
        for entry in seen
        if not entry.behaviour.stand_in
    }
    every = {(place.file, place.line): place for place in (entry.behaviour.site for entry in seen)}
    every |= {(place.file, place.line): place for place in places}
    return tuple((place, line in real) for line, place in sorted(every.items()))


def _uncounted(seam: Seam, seen: Iterable[SeenBehaviour]) -> SeamCoverage:
    """The same numbers for a seam that coverage does not count."""
    entries = list(seen)
    real = [entry for entry in entries if not entry.behaviour.stand_in]
    sites = _sites((), entries)
    results = {(entry.behaviour.outcome, entry.behaviour.result) for entry in real}
    return SeamCoverage(
        seam=seam,
        status="exercised" if real else "mocked only",
        sites=len(sites),
        sites_covered=sum(covered for _, covered in sites),
        argument_shapes=len(
            {tuple(argument.shape for argument in entry.behaviour.arguments) for entry in real}
        ),
        outcome_shapes=sum(outcome == "returned" for outcome, _ in results),
        exceptions=sum(outcome == "raised" for outcome, _ in results),
        crossings=sum(entry.count for entry in entries),
        tests=len({test for entry in entries for test in entry.tests}),
        seconds=sum(entry.seconds for entry in entries),
    )
