"""DF104 unexercised-seam and DF105 mocked-only-seam: what the tests have never put together."""

from __future__ import annotations

from dryfit.checks import call_mismatch
from dryfit.checks.judgement import Judgement, combine, find, places
from dryfit.checks.names import listing, plain, short
from dryfit.checks.seams import SeamEvidence, gather, tests_by_behaviour
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Dropped, Observations, Skipped

NOTHING_RAN = Skipped("DF104 and DF105", "no test ran, so nothing can be said of what tests leave out")
PART_RAN = Skipped(
    "DF104 and DF105", "only a part of the suite ran; run all of it to see what no test crosses"
)


def judge(project: ProjectMap, observations: Observations, *, whole_suite: bool) -> Judgement:
    """Report every seam that no test crosses, or crosses only against stand-ins.

    Where only a part of the suite ran (``whole_suite`` is false) or no test at all, nothing is claimed.
    """
    if not whole_suite:
        return Judgement(skipped=(PART_RAN,))
    if not observations.traces:
        return Judgement(skipped=(NOTHING_RAN,))
    tests, dropped = tests_by_behaviour(observations), _dropped(observations)
    broken = _broken(project, observations)
    return combine(
        _judge(evidence, tests, broken)
        for evidence in gather(project, observations)
        if _name(evidence.seam) not in dropped
    )


def _dropped(observations: Observations) -> set[tuple[str, str]]:
    """The seams where a test did make the call, but nobody awaited it: DF206 says so."""
    return {_name(each.seam) for each in observations.incidents if isinstance(each, Dropped)}


def _name(seam: Seam) -> tuple[str, str]:
    return (seam.caller, plain(seam.callable))


def _broken(project: ProjectMap, observations: Observations) -> set[tuple[Seam, Place]]:
    """The calls that cannot succeed, which DF201 reports: that no test makes them adds nothing."""
    return {(each.seam, each.site) for each in call_mismatch.judge(project, observations).findings}


def _judge(evidence: SeamEvidence, tests: dict[str, set[str]], broken: set[tuple[Seam, Place]]) -> Judgement:
    if evidence.status == "unexercised":
        sites = [site.place for site in evidence.sites if (evidence.seam, site.place) not in broken]
        return Judgement(findings=(_unexercised(evidence.seam, sites),) if sites else ())
    if evidence.status == "mocked only":
        return Judgement(findings=(_mocked_only(evidence, tests),))
    return Judgement()


def _unexercised(seam: Seam, sites: list[Place]) -> Finding:
    called = short(seam.callable, seam.callee)
    return find(
        "DF104",
        seam,
        min(sites),
        "",
        f"No test lets {seam.caller} call {called} of {seam.callee}, as it does at {min(sites)}.",
        evidence=(places(sites),),
    )


def _mocked_only(evidence: SeamEvidence, tests: dict[str, set[str]]) -> Finding:
    seam = evidence.seam
    kinds = tuple(sorted({behaviour.stand_in for behaviour in evidence.stand_ins}))
    seen_in = set[str]().union(*(tests[behaviour.key] for behaviour in evidence.stand_ins))
    return find(
        "DF105",
        seam,
        _first_site(evidence),
        "",
        f"Tests let {seam.caller} call {short(seam.callable, seam.callee)} of {seam.callee} only against"
        f" stand-ins ({listing(kinds)}): the two were never put together.",
        tests=seen_in,
        evidence=(Fact("stand-ins", kinds), places(behaviour.site for behaviour in evidence.stand_ins)),
    )


def _first_site(evidence: SeamEvidence) -> Place:
    sites = [site.place for site in evidence.sites]
    return min(sites or [behaviour.site for behaviour in evidence.stand_ins])
