"""DF206 never-awaited: a coroutine crossed a seam and was dropped, so that its work was never done."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from dryfit.checks.calls import CallSites
from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.names import plain, short, tail
from dryfit.checks.seams import Line, line
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.stand_in import StandInCall
from dryfit.model.structure import CallSite, ProjectMap
from dryfit.model.trace import Dropped, Observations


@dataclass(frozen=True, slots=True)
class _Drop:
    """One coroutine dropped at one place, seen in a test or written so in the source (``test`` is "")."""

    seam: Seam
    site: Place
    test: str = ""


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each place that drops the coroutine of a seam, whether a test ran it or the source shows it.

    A stand-in's coroutine is left out where the callee itself gives none: nobody has to await that (DF203).
    """
    sites = CallSites(project)
    replaced = {
        (line(each.site), tail(each.seam.callable))
        for each in observations.incidents
        if isinstance(each, StandInCall) and not _is_asynchronous(each.seam.callable, sites)
    }
    drops = [
        _as_written(each, sites)
        for each in observations.incidents
        if isinstance(each, Dropped) and (line(each.site), tail(each.seam.callable)) not in replaced
    ]
    drops += _in_source(project, sites, observations)
    places_of: dict[tuple[str, str, str, str], list[_Drop]] = defaultdict(list)
    for drop in drops:
        name = plain(drop.seam.callable)
        places_of[drop.seam.caller, name, drop.site.file, drop.site.function].append(drop)
    return Judgement(findings=tuple(_finding(found) for found in places_of.values()))


def _as_written(dropped: Dropped, sites: CallSites) -> _Drop:
    """The drop as the source names it, so that the run and the source tell of one place in the same words."""
    for site in sites.at(dropped.site, dropped.seam):
        return _Drop(_seam(site), site.place, dropped.test)
    return _Drop(dropped.seam, dropped.site, dropped.test)


def _seam(site: CallSite) -> Seam:
    return Seam(site.caller, site.callee, site.callable)


def _in_source(project: ProjectMap, sites: CallSites, observations: Observations) -> list[_Drop]:
    answered = _answered(observations)
    return [
        _Drop(_seam(site), site.place)
        for site in project.call_sites
        if site.result == "discarded"
        and _makes_coroutine(site, sites)
        and (line(site.place), tail(site.callable)) not in answered
    ]


def _is_asynchronous(callable_name: str, sites: CallSites) -> bool:
    """Whether calling it gives a coroutine, or nobody knows."""
    interfaces = sites.interfaces(callable_name)
    return not interfaces or any(each.asynchronous or not each.bindable for each in interfaces)


def _makes_coroutine(site: CallSite, sites: CallSites) -> bool:
    interfaces = sites.interfaces(site.callable)
    return bool(interfaces) and all(interface.asynchronous and interface.bindable for interface in interfaces)


def _answered(observations: Observations) -> set[tuple[Line, str]]:
    """The calls that a run shows to come back with something else than a coroutine."""
    return {
        (line(behaviour.site), tail(behaviour.seam.callable))
        for behaviour in observations.behaviours
        if not behaviour.stand_in and all(form.kind != "coroutine" for form in behaviour.result.forms)
    }


def _finding(drops: list[_Drop]) -> Finding:
    first = min(drops, key=lambda drop: (drop.site, drop.test, drop.seam))
    seam, tests = first.seam, {drop.test for drop in drops if drop.test}
    by_test = seam.caller == DRIVER
    return find(
        "DF206",
        seam,
        first.site,
        f"{first.site.file} {first.site.function}",
        f"{'A test' if by_test else seam.caller} calls {short(seam.callable, seam.callee)} of {seam.callee}"
        " and drops the coroutine, so its work is never done: await it.",
        severity="warning" if by_test else "error",
        tests=tests,
        evidence=(
            Fact("known from", _known_from(drops)),
            places(drop.site for drop in drops),
        ),
    )


def _known_from(drops: list[_Drop]) -> str:
    seen, written = any(drop.test for drop in drops), any(not drop.test for drop in drops)
    return "the source and the run" if seen and written else "the run" if seen else "the source"
