"""DF101 lossy-transfer: the same value travels on as a narrower type."""

from __future__ import annotations

import re
from collections import defaultdict

from dryfit.checks.annotations import allows_many
from dryfit.checks.calls import CallSites
from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.names import tail, words
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations, Transfer

GRAVE = frozenset({"decimal-to-float", "decimal-to-int", "float-to-int", "aware-to-naive", "text-cut"})
"""Losses that no reader wants between two components: money, instants, and words that are gone."""

_SHORT_BY_NAME = frozenset({
    "abbreviation", "excerpt", "head", "initial", "initials", "label", "masked", "prefix",
    "preview", "short", "slug", "snippet", "summary", "suffix", "teaser", "title", "truncated",
})  # fmt: skip

_WHOLE_ARGUMENT = re.compile(r"(.+)\((\w+)\)")
"""What the probes write for an argument as a whole: the callable, and the parameter."""

_LOSSES = {
    "decimal-to-float": "a Decimal goes on as a float",
    "decimal-to-int": "a Decimal goes on as an int without its fraction",
    "float-to-int": "a float goes on as an int without its fraction",
    "aware-to-naive": "a datetime goes on without its time zone",
    "text-cut": "a text goes on cut short",
    "int-to-bool": "an int goes on as a bool",
}


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each loss once for a seam and a target, an error between components.

    A loss is a warning where it goes to a resource library, where it is of a kind that is often meant, and where
    converting is what the callable is for; a note where the target's name says that it takes a short form, and
    nothing where the test code itself hands the value on.
    """
    components, sites = {component.name for component in project.components}, CallSites(project)
    causes: dict[tuple[Seam, str, str], list[Transfer]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, Transfer) and incident.seam.caller != DRIVER:
            causes[incident.seam, incident.loss, incident.target].append(incident)
    return Judgement(findings=tuple(_finding(transfers, components, sites) for transfers in causes.values()))


def _finding(transfers: list[Transfer], components: set[str], sites: CallSites) -> Finding:
    meant = {transfer.source for transfer in transfers if _converts(transfer, sites)}
    first = min(transfers, key=lambda each: (each.source in meant, each.site, each.source, each.test))
    seam = first.seam
    what = _LOSSES.get(first.loss, f"a {first.wide} goes on as a {first.narrow}")
    return find(
        "DF101",
        seam,
        first.site,
        f"{first.loss} {first.target}",
        f"Between {seam.caller} and {seam.callee} {what}: it was {first.wide} at {first.source}"
        f" and is {first.narrow} at {first.target}.",
        severity=_severity(first, components, meant=first.source in meant),
        tests=(transfer.test for transfer in transfers),
        evidence=(
            Fact("loss", first.loss),
            Fact("seen as", first.wide),
            Fact("handed on as", first.narrow),
            Fact("sources", tuple(sorted({transfer.source for transfer in transfers}))),
            Fact("target", first.target),
            places(transfer.site for transfer in transfers),
        ),
    )


def _severity(transfer: Transfer, components: set[str], *, meant: bool) -> Severity:
    if transfer.loss == "text-cut" and _asks_for_short_text(transfer):
        return "note"
    grave = transfer.loss in GRAVE and transfer.seam.callee in components and not meant
    return "error" if grave else "warning"


def _converts(transfer: Transfer, sites: CallSites) -> bool:
    """Whether a callable is given the value to make something else of it.

    So it is where it returns its very argument in the narrow form, and where it declares that it takes anything.
    """
    taken = _WHOLE_ARGUMENT.fullmatch(transfer.source)
    if taken is None:
        return False
    name, parameter = taken.groups()
    if transfer.target == f"{name} → return":
        return True
    interface = sites.interface(name)
    declared = interface.parameters if interface is not None else ()
    return any(
        each.name == parameter and each.annotation and allows_many(each.annotation) for each in declared
    )


def _asks_for_short_text(transfer: Transfer) -> bool:
    receiver = re.findall(r"\w+", transfer.target)[-1:]
    names = (tail(transfer.seam.callable), *receiver)
    return any(not _SHORT_BY_NAME.isdisjoint(words(name)) for name in names)
