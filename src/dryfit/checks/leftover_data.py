"""DF106 leftover-data: a test leaves rows, keys, mails or files behind that another test can see."""

from __future__ import annotations

from collections import defaultdict

from dryfit.checks.judgement import Judgement, find
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import ENDED, LeftoverData, Observations

_Where = tuple[str, str]
"""A kind of resource and a place in it: names of databases are often made up anew for each run."""

_WRITTEN = {
    "set-up": "by the set-up of a fixture that does not clean up",
    "test": "by the test or its teardown",
    "late": "after the teardown, by something that outlived the test",
}


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each place once, with the tests that left something there and those that could see it."""
    places: dict[_Where, list[LeftoverData]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, LeftoverData):
            places[incident.kind, incident.place].append(incident)
    return Judgement(findings=tuple(_finding(where, found) for where, found in places.items()))


def _finding(where: _Where, found: list[LeftoverData]) -> Finding:
    kind, place = where
    first = min(found, key=lambda left: (left.new_place, left.phase != "test", left.test, left.change))
    return find(
        "DF106",
        Seam(DRIVER, kind, f"{kind}.{place}"),
        _site(first.test),
        place,
        _message(first),
        severity=_severity(found),
        tests=(left.test for left in found),
        evidence=(
            Fact("resource", tuple(sorted({f"{left.kind} {left.resource}" for left in found}))),
            Fact("place", place),
            Fact("change", tuple(sorted({left.change for left in found}))),
            Fact("count", first.count),
            Fact("sample", first.sample),
            Fact("written", tuple(sorted({_WRITTEN[left.phase] for left in found}))),
            Fact("seen by", tuple(sorted({left.seen_by for left in found if left.seen_by}))),
        ),
    )


def _message(left: LeftoverData) -> str:
    seen = f", where {_name(left.seen_by)} can see it" if left.seen_by else ""
    if left.change == "transactions open":
        return f"After {_name(left.test)} a session is idle in its transaction{seen}: commit, roll back or close it."
    if left.change == ENDED:
        return (
            f"After {_name(left.test)} a session was idle in its transaction{seen}, and was ended, since it might have"
            " held rows locked that were to be put right: commit, roll back or close it; if a fixture of several tests"
            ' holds it, give the resource isolation = "shared".'
        )
    noun, _, verb = left.change.partition(" ")
    what = f"{left.count} {noun if left.count != 1 else noun[:-1]} {verb}"
    when = "after" if left.phase == "late" else "by"
    return f"{left.kind} {left.place}: {what} {when} {_name(left.test)}{seen}: clean up after the test, or roll back."


def _severity(found: list[LeftoverData]) -> Severity:
    """A note where it is only what came with a table that the test itself made: it may be meant for all."""
    return "note" if all(left.new_place for left in found) else "warning"


def _site(test: str) -> Place:
    file, _, name = test.partition("::")
    return Place(file, 0, name.replace("::", ".").partition("[")[0])


def _name(test: str) -> str:
    return test.rpartition("::")[2]
