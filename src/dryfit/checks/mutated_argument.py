"""DF102 mutated-argument: the callee changes a mutable argument that its caller goes on using."""

from __future__ import annotations

from collections import defaultdict

from dryfit.checks.calls import CallSites, argument_for
from dryfit.checks.judgement import Judgement, combine, find, places
from dryfit.checks.names import short, tail, words
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.structure import PassedArgument, ProjectMap
from dryfit.model.trace import Mutation, Observations, Skipped

_CHANGES_BY_NAME = frozenset({
    "accumulate", "add", "append", "apply", "attach", "clear", "consume", "drain", "drop", "enqueue", "enrich",
    "extend", "fill", "inject", "insert", "merge", "mutate", "patch", "pop", "populate", "prepend", "push", "register",
    "remove", "reset", "set", "shuffle", "sort", "subscribe", "swap", "unregister", "update",
})  # fmt: skip
"""First words by which a callable says that it changes what it is given; ``into`` says so anywhere."""

_CONTAINERS = frozenset({"list", "dict", "set", "bytearray"})


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report a changed argument once for a seam and a parameter, when the caller reads the same object again.

    A warning for a container, a note for an object of a class, which other components often change by intention.
    Nothing is said of a callable whose name says that it changes its argument, nor of objects that tests hand in.
    """
    sites = CallSites(project)
    changes: dict[tuple[Seam, str], list[Mutation]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, Mutation) and incident.seam.caller != DRIVER:
            changes[incident.seam, incident.parameter].append(incident)
    return combine(_judge(mutations, sites) for mutations in changes.values())


def _judge(mutations: list[Mutation], sites: CallSites) -> Judgement:
    seam, parameter = mutations[0].seam, mutations[0].parameter
    if _says_that_it_changes(tail(seam.callable)):
        return _left_out(seam, parameter, "its name says that it changes what it is given")
    passed = {mutation: _passed(mutation, sites) for mutation in mutations}
    if not any(passed.values()):
        return _left_out(
            seam, parameter, "the call was not found in the source, so nobody knows if it is used again"
        )
    used_again = {
        mutation: argument for mutation, argument in passed.items() if argument and _outlives(argument)
    }
    return Judgement(findings=(_finding(used_again),)) if used_again else Judgement()


def _says_that_it_changes(name: str) -> bool:
    said = words(name)
    return "into" in said or not _CHANGES_BY_NAME.isdisjoint(said[:1])


def _passed(mutation: Mutation, sites: CallSites) -> PassedArgument | None:
    parameter = mutation.parameter.partition(".")[0].partition("[")[0]
    for site in sites.at(mutation.site, mutation.seam):
        argument = argument_for(parameter, site, sites.interface(site.callable))
        if argument:
            return argument
    return None


def _outlives(argument: PassedArgument) -> bool:
    """Whether the caller reads the object again, or keeps it in an attribute or in a constant."""
    owner = argument.text.partition(".")[0]
    kept = owner in ("self", "cls") and owner != argument.text
    constant = argument.text.rpartition(".")[2]
    return argument.read_again > 0 or kept or (constant.isidentifier() and constant.isupper())


def _left_out(seam: Seam, parameter: str, reason: str) -> Judgement:
    return Judgement(skipped=(Skipped(f"DF102 {seam} changes {parameter}", reason),))


def _finding(used_again: dict[Mutation, PassedArgument]) -> Finding:
    first = min(used_again, key=lambda mutation: (mutation.site, mutation.change, mutation.test))
    argument, seam = used_again[first], first.seam
    return find(
        "DF102",
        seam,
        first.site,
        first.parameter,
        f"{seam.caller} goes on using {argument.text} after {short(seam.callable, seam.callee)} of {seam.callee}"
        f" changed it as its {first.parameter}: {first.change}.",
        severity="warning" if first.type in _CONTAINERS else "note",
        tests=(mutation.test for mutation in used_again),
        evidence=(
            Fact("parameter", first.parameter),
            Fact("type", first.type),
            Fact("change", tuple(sorted({mutation.change for mutation in used_again}))),
            Fact("read again", _read_again(first, argument)),
            places(mutation.site for mutation in used_again),
        ),
    )


def _read_again(mutation: Mutation, argument: PassedArgument) -> str:
    if argument.read_again:
        return f"{mutation.site.file}:{argument.read_again}"
    return f"{argument.text} outlives the call"
