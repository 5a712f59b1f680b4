"""Replaced names that lead to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dryfit.checks.judgement import find
from dryfit.checks.names import listing, plain, tail
from dryfit.checks.stand_ins import Evidence
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.stand_in import Consumers, Replacement
from dryfit.model.trace import Behaviour, Observations


def stale(evidence: Evidence, observations: Observations, consumers: Consumers) -> Iterator[Finding]:
    """Replaced names that lead to nobody: their module reads them no more, or the callers hold the real one itself.

    They hold it where they call it by a name of their own: whatever the defining module says, that stays the same.
    """
    by_target: dict[str, list[Replacement]] = defaultdict(list)
    for each in unused(evidence.replacements):
        by_target[each.target].append(each)
    held: dict[str, list[Behaviour]] = defaultdict(list)
    for replaced, behaviour in passed_by(evidence, observations):
        if (behaviour.site, tail(replaced.stands_for)) in consumers.by_name:
            held[replaced.target].append(behaviour)
    for target, replacements in sorted(by_target.items()):
        first, tests = replacements[0], {each.test for each in replacements}
        if passed := held[target]:
            by = listing(tuple(sorted({each.seam.caller for each in passed})))
            why = f"{by} called the real one all the same, since it holds it under a name of its own"
            yield _dead(first, tests, passed[0].seam.caller, min(each.site for each in passed), why, evidence)
        elif target in consumers.unread:
            module = target.rpartition(".")[0]
            why = f"{module} imports it and never reads it"
            yield _dead(first, tests, evidence.component_of(module), consumers.unread[target], why, evidence)


def _dead(
    replaced: Replacement, tests: set[str], caller: str, site: Place, why: str, evidence: Evidence
) -> Finding:
    real = evidence.real(replaced.stands_for)
    return find(
        "DF203",
        Seam(caller, real.component, real.name),
        site,
        f"stale-target {replaced.target}",
        f"Tests replace {replaced.target}, and nobody asks the stand-in: {why}.",
        tests=tests,
        evidence=(
            Fact("sub-kind", ("stale-target",)),
            Fact("replaced name", replaced.target),
            Fact("stand-ins", (replaced.stand_in,)),
            Fact("known from", "this run"),
        ),
    )


def passed_by(evidence: Evidence, observations: Observations) -> Iterator[tuple[Replacement, Behaviour]]:
    """The unused replacements of a name in the module that defines it, with what answered components for real there."""
    crossings = {trace.test: {each.behaviour for each in trace.crossings} for trace in observations.traces}
    real = {
        each.key: each for each in observations.behaviours if not each.stand_in and each.seam.caller != DRIVER
    }
    for replaced in unused(evidence.replacements):
        for key in sorted(crossings.get(replaced.test, set()) & real.keys()):
            if replaced.target == replaced.stands_for == plain(real[key].seam.callable):
                yield replaced, real[key]


def unused(replacements: Iterable[Replacement]) -> Iterator[Replacement]:
    """The replacements of names whose stand-ins nobody used in any test."""
    every = list(replacements)
    used = {each.target for each in every if each.used}
    yield from (each for each in every if each.target not in used)
