"""The seams between components, each with its call sites in the source and with what the tests did there.

A crossing belongs to a call site of the source when it happened at that line and

- has the name that the source resolves to, or the same last name (a subclass overrides it), or
- was answered by a stand-in whose name nobody knows, or
- entered a decorator's inner function, with the callee itself somewhere below.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from dryfit.checks.names import plain, tail
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import CallSite, ProjectMap
from dryfit.model.trace import Behaviour, Observations, Trace

Status = Literal["exercised", "mocked only", "unexercised"]
Line = tuple[str, int]

_MODULE_LEVEL = ("", "<module>")


@dataclass(frozen=True, slots=True)
class SeamEvidence:
    """One seam: its call sites in the source, and the behaviours that tests showed there.

    ``real`` are those that the callee itself answered, ``stand_ins`` the others; ``covered`` are the lines of
    call sites at which the callee itself was crossed, with those that only the run knows.
    """

    seam: Seam
    sites: tuple[CallSite, ...]
    real: tuple[Behaviour, ...]
    stand_ins: tuple[Behaviour, ...]
    covered: frozenset[Line]

    @property
    def status(self) -> Status:
        """Whether tests crossed the seam, crossed it against stand-ins only, or never did."""
        if self.real:
            return "exercised"
        return "mocked only" if self.stand_ins else "unexercised"

    @property
    def at_import(self) -> bool:
        """Whether nothing was seen, and every call site runs when its module is imported."""
        return self.status == "unexercised" and all(at_module_level(site) for site in self.sites)

    @property
    def known_lines(self) -> frozenset[Line]:
        """Every call site of the seam, from the source and from the run."""
        return self.covered | {line(site.place) for site in self.sites}


def line(place: Place) -> Line:
    """What identifies a call site in one version of the source."""
    return (place.file, place.line)


def gather(project: ProjectMap, observations: Observations) -> tuple[SeamEvidence, ...]:
    """Match the source's call sites with the crossings of the run; sorted by seam.

    A call that only runs when its module is imported is no test's crossing: such a seam is here only when it was seen.
    """
    seen = _Seen(project, observations)
    static = {seam: _match(seam, sites, seen) for seam, sites in _static_seams(project).items()}
    folded = {key for evidence in static.values() for key in _other_names(evidence)}
    components = {component.name for component in project.components}
    dynamic = {
        seam: _evidence(seam, (), behaviours, {line(behaviour.site) for behaviour in behaviours})
        for seam, behaviours in _dynamic_seams(components, observations.behaviours).items()
        if seam not in static and not folded.issuperset(behaviour.key for behaviour in behaviours)
    }
    every = static | dynamic
    return tuple(every[seam] for seam in sorted(every) if not every[seam].at_import)


def between_components(seam: Seam, components: Iterable[str]) -> bool:
    """Whether both sides are components of the project: entry crossings and library seams are not."""
    known = set(components)
    return seam.caller in known and seam.callee in known and seam.caller != seam.callee


def at_module_level(site: CallSite) -> bool:
    """Whether the call runs when its module is imported, so that no test in particular can cross it."""
    return site.place.function in _MODULE_LEVEL


def tests_by_behaviour(observations: Observations) -> dict[str, set[str]]:
    """The tests that showed each behaviour, by its key; a behaviour that no trace has is shown by none."""
    tests: dict[str, set[str]] = defaultdict(set)
    for trace in observations.traces:
        for crossing in trace.crossings:
            tests[crossing.behaviour].add(trace.test)
    return tests


def _static_seams(project: ProjectMap) -> dict[Seam, tuple[CallSite, ...]]:
    seams: dict[Seam, list[CallSite]] = defaultdict(list)
    for site in project.call_sites:
        seams[Seam(site.caller, site.callee, site.callable)].append(site)
    return {seam: tuple(sites) for seam, sites in seams.items()}


def _dynamic_seams(
    components: set[str], behaviours: Iterable[Behaviour]
) -> dict[Seam, tuple[Behaviour, ...]]:
    seams: dict[Seam, list[Behaviour]] = defaultdict(list)
    for behaviour in behaviours:
        if not behaviour.stand_in and between_components(behaviour.seam, components):
            seams[behaviour.seam].append(behaviour)
    return {seam: tuple(found) for seam, found in seams.items()}


def _other_names(evidence: SeamEvidence) -> Iterator[str]:
    """The keys of behaviours that are this seam under another name: a decorator's inner function, a constructor."""
    for behaviour in evidence.real:
        name = behaviour.seam.callable
        if _is_inner(name) or plain(name) == plain(evidence.seam.callable):
            yield behaviour.key


class _Seen:
    """The run's behaviours, found by line, by name, and by the lines of the calls above them."""

    def __init__(self, project: ProjectMap, observations: Observations) -> None:
        self.written: dict[Line, set[str]] = defaultdict(set)
        for site in project.call_sites:
            self.written[line(site.place)].add(tail(site.callable))
        self.at: dict[Line, list[Behaviour]] = defaultdict(list)
        self.named: dict[tuple[str, str], list[Behaviour]] = defaultdict(list)
        for behaviour in observations.behaviours:
            self.at[line(behaviour.site)].append(behaviour)
            self.named[behaviour.seam.caller, plain(behaviour.seam.callable)].append(behaviour)
        self._below = _names_below(observations)

    def entered_below(self, place: Line, callable_name: str) -> bool:
        """Whether a call at that line led to the callable, through however many others."""
        return plain(callable_name) in self._below.get(place, ())


def _names_below(observations: Observations) -> dict[Line, set[str]]:
    """For each line that called a decorator's inner function: the plain names of everything entered below."""
    behaviours = {behaviour.key: behaviour for behaviour in observations.behaviours}
    below: dict[Line, set[str]] = defaultdict(set)
    has_inner = any(_is_inner(behaviour.seam.callable) for behaviour in observations.behaviours)
    for trace in observations.traces if has_inner else ():
        for above, name in _wrapped(trace, behaviours):
            below[above].add(name)
    return below


def _wrapped(trace: Trace, behaviours: dict[str, Behaviour]) -> Iterator[tuple[Line, str]]:
    crossings = {crossing.index: crossing for crossing in trace.crossings}
    for crossing in trace.crossings:
        inner = behaviours.get(crossing.behaviour)
        above = crossings.get(crossing.parent)
        while inner and above:
            outer = behaviours.get(above.behaviour)
            if not outer or not _is_inner(outer.seam.callable):
                break
            yield line(outer.site), plain(inner.seam.callable)
            above = crossings.get(above.parent)


def _is_inner(callable_name: str) -> bool:
    return "<locals>" in callable_name


def _match(seam: Seam, sites: tuple[CallSite, ...], seen: _Seen) -> SeamEvidence:
    behaviours = list(seen.named[seam.caller, plain(seam.callable)])
    covered = {_line_in_source(behaviour.site, sites) for behaviour in behaviours if not behaviour.stand_in}
    for site in sites:
        there = _at_site(site, seen)
        behaviours += there
        if any(not behaviour.stand_in for behaviour in there):
            covered.add(line(site.place))
    return _evidence(seam, sites, behaviours, covered)


def _line_in_source(seen: Place, sites: tuple[CallSite, ...]) -> Line:
    """The call site of a crossing; a call over several lines may run at another line than the one it is written at."""
    lines = {line(site.place) for site in sites}
    in_function = {line(site.place) for site in sites if _function(site.place) == _function(seen)}
    if line(seen) in lines or len(in_function) != 1:
        return line(seen)
    return in_function.pop()


def _function(place: Place) -> tuple[str, str]:
    return (place.file, place.function)


def _evidence(
    seam: Seam, sites: tuple[CallSite, ...], behaviours: Iterable[Behaviour], covered: set[Line]
) -> SeamEvidence:
    unique = sorted(
        {behaviour.key: behaviour for behaviour in behaviours}.values(), key=lambda each: each.key
    )
    return SeamEvidence(
        seam=seam,
        sites=sites,
        real=tuple(behaviour for behaviour in unique if not behaviour.stand_in),
        stand_ins=tuple(behaviour for behaviour in unique if behaviour.stand_in),
        covered=frozenset(covered),
    )


def _at_site(site: CallSite, seen: _Seen) -> list[Behaviour]:
    there = [behaviour for behaviour in seen.at[line(site.place)] if behaviour.seam.caller == site.caller]
    named = [behaviour for behaviour in there if tail(behaviour.seam.callable) == tail(site.callable)]
    return named or [behaviour for behaviour in there if _may_answer(behaviour, site, seen)]


def _may_answer(behaviour: Behaviour, site: CallSite, seen: _Seen) -> bool:
    if behaviour.stand_in:
        return tail(behaviour.seam.callable) not in seen.written[line(site.place)]
    if not _is_inner(behaviour.seam.callable):
        return False
    return behaviour.seam.callee == site.callee or seen.entered_below(line(site.place), site.callable)
