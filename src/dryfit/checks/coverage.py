"""Integration coverage: which seams the tests exercised, and in how many ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from dryfit.checks.seams import SeamEvidence, gather
from dryfit.model.run import SeamCoverage
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations, Trace


def measure(project: ProjectMap, observations: Observations) -> tuple[SeamCoverage, ...]:
    """Measure every seam between two components, from the source or seen in the run; sorted by seam.

    The criteria follow Z. Jin and A. J. Offutt, "Coupling-based criteria for integration testing" (1998), with types
    in place of definition and use paths: all seams, all call sites, and for each seam how many distinct combinations
    of argument types, types of results and exceptions were seen. Crossings that a stand-in answered cover nothing.
    """
    usage = _usage(observations.traces)
    return tuple(_cover(evidence, usage) for evidence in gather(project, observations))


@dataclass(slots=True)
class _Usage:
    """What the traces say of one behaviour."""

    crossings: int = 0
    seconds: float = 0.0
    tests: set[str] = field(default_factory=set)


def _usage(traces: Iterable[Trace]) -> dict[str, _Usage]:
    usage: dict[str, _Usage] = defaultdict(_Usage)
    for trace in traces:
        for crossing in trace.crossings:
            counted = usage[crossing.behaviour]
            counted.crossings += crossing.count
            counted.seconds += crossing.seconds
            counted.tests.add(trace.test)
    return usage


def _cover(evidence: SeamEvidence, usage: dict[str, _Usage]) -> SeamCoverage:
    seen = evidence.real or evidence.stand_ins
    counted = [usage[behaviour.key] for behaviour in seen if behaviour.key in usage]
    return SeamCoverage(
        seam=evidence.seam,
        status=evidence.status,
        sites=len(evidence.known_lines),
        sites_covered=len(evidence.covered),
        argument_shapes=len({_argument_types(behaviour) for behaviour in evidence.real}),
        outcome_shapes=len(_outcomes(evidence.real, "returned")),
        exceptions=len(_outcomes(evidence.real, "raised")),
        crossings=sum(each.crossings for each in counted),
        tests=len(set().union(*(each.tests for each in counted))),
        seconds=sum(each.seconds for each in counted),
    )


def _argument_types(behaviour: Behaviour) -> tuple[tuple[str, str], ...]:
    return tuple((argument.name, argument.type) for argument in behaviour.arguments)


def _outcomes(behaviours: Iterable[Behaviour], outcome: str) -> set[str]:
    return {behaviour.result_type for behaviour in behaviours if behaviour.outcome == outcome}
