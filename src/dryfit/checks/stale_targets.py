"""Replaced names that lead to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dryfit.checks.judgement import find
from dryfit.checks.names import listing, plain
from dryfit.checks.stand_ins import Evidence
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.stand_in import Consumers, Replacement
from dryfit.model.trace import Behaviour, Observations


def stale(evidence: Evidence, observations: Observations, consumers: Consumers) -> Iterator[Finding]:
    """Replaced names that lead to nobody: their module reads them no more, or the callers hold the real one itself."""
    by_target: dict[str, list[Replacement]] = defaultdict(list)
    for each in unused(evidence.replacements):
        by_target[each.target].append(each)
    crossings = {trace.test: {each.behaviour for each in trace.crossings} for trace in observations.traces}
    behaviours = {each.key: each for each in observations.behaviours}
    for target, replaced in sorted(by_target.items()):
        first = replaced[0]
        tests = {each.test for each in replaced}
        passed = [
            behaviours[key]
            for test in sorted(tests)
            for key in crossings.get(test, ())
            if key in behaviours and _went_past(behaviours[key], first)
        ]
        if passed:
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


def _went_past(behaviour: Behaviour, replaced: Replacement) -> bool:
    """Whether the real one answered a component that the stand-in was meant for: the one in whose module the name was
    replaced, or any where that is the module which defines it."""
    if behaviour.stand_in or behaviour.seam.caller == DRIVER:
        return False
    module = replaced.target.rpartition(".")[0].replace(".", "/")
    meant = replaced.target == replaced.stands_for or behaviour.site.file.endswith(
        (f"{module}.py", f"{module}/__init__.py")
    )
    return meant and plain(behaviour.seam.callable) == plain(replaced.stands_for)


def unused(replacements: Iterable[Replacement]) -> Iterator[Replacement]:
    """The replacements of names whose stand-ins nobody used in any test."""
    every = list(replacements)
    used = {each.target for each in every if each.used}
    yield from (each for each in every if each.target not in used)
