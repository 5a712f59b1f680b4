"""DF101 lossy-transfer: the same value travels on as a narrower type."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

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

    A loss is a warning where it goes to a resource library or is of a kind that is often meant, a note where the
    target's name says that it takes a short form, and nothing where the test code itself hands the value on.
    """
    components = {component.name for component in project.components}
    causes: dict[tuple[Seam, str, str], list[Transfer]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, Transfer) and incident.seam.caller != DRIVER:
            causes[incident.seam, incident.loss, incident.target].append(incident)
    return Judgement(findings=tuple(_finding(transfers, components) for transfers in causes.values()))


def _finding(transfers: list[Transfer], components: Iterable[str]) -> Finding:
    first = min(transfers, key=lambda transfer: (transfer.site, transfer.source, transfer.test))
    seam = first.seam
    what = _LOSSES.get(first.loss, f"a {first.wide} goes on as a {first.narrow}")
    return find(
        "DF101",
        seam,
        first.site,
        f"{first.loss} {first.target}",
        f"Between {seam.caller} and {seam.callee} {what}: it was {first.wide} at {first.source}"
        f" and is {first.narrow} at {first.target}.",
        severity=_severity(first, components),
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


def _severity(transfer: Transfer, components: Iterable[str]) -> Severity:
    if transfer.loss == "text-cut" and _asks_for_short_text(transfer):
        return "note"
    grave = transfer.loss in GRAVE and transfer.seam.callee in components
    return "error" if grave else "warning"


def _asks_for_short_text(transfer: Transfer) -> bool:
    receiver = re.findall(r"\w+", transfer.target)[-1:]
    names = (tail(transfer.seam.callable), *receiver)
    return any(not _SHORT_BY_NAME.isdisjoint(words(name)) for name in names)
