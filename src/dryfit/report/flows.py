"""The lanes of a finding as a code flow of SARIF: a thread flow an operation, its steps numbered over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from dryfit.model.finding import Finding
from dryfit.model.interleaving import Step
from dryfit.model.lanes import brief, telling
from dryfit.model.seam import Place
from dryfit.report.jsontext import Json
from dryfit.report.lanes import names_of


def code_flows(finding: Finding) -> Mapping[str, Json]:
    """The property of a result, none without lanes."""
    steps = list(enumerate(telling(finding.lanes), 1))
    threads: list[Json] = [
        {"id": f"{worker + 1} {name}", "locations": [_location(step, order) for order, step in own]}
        for worker, name in enumerate(names_of(finding))
        if (own := [(order, step) for order, step in steps if step.worker == worker])
    ]
    return {"codeFlows": [{"threadFlows": threads}]} if threads else {}


def physical(place: Place) -> Json:
    """A line of source, below the root of the project."""
    artifact = {"artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"}}
    return {**artifact, "region": {"startLine": place.line}} if place.line else artifact


def _location(step: Step, order: int) -> Json:
    message = {"message": {"text": brief(step)}}
    at = {"physicalLocation": physical(step.place)} if step.place is not None and step.place.file else {}
    return {"location": {**at, **message}, "executionOrder": order}
