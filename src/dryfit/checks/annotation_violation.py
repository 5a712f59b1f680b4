"""DF202 annotation-violation: a value at a seam contradicts the callee's type hints."""

from __future__ import annotations

from collections import defaultdict

from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.names import short
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations, Violation

RETURN = "return"

Pushed = frozenset[tuple[str, str, str]]
"""The tests that pass wrong values themselves: the test, the component that takes them, and of what type they are."""


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each contradiction once for a callable, a parameter (or the return), a hint and a type that was found.

    A warning where nothing but the tests shows it: they pass such a value themselves, or had the component hand it on,
    or the value, or what the result rests on, is an object of theirs; and where a stand-in below may have made up the
    result.
    """
    causes: dict[tuple[str, str, str, str], list[Violation]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, Violation) and not incident.stand_in:
            causes[incident.seam.callable, incident.where, incident.hint, incident.found].append(incident)
    genuine = {behaviour.seam for behaviour in observations.behaviours if _is_genuine(behaviour)}
    pushed = _pushed(observations)
    return Judgement(findings=tuple(_finding(violations, genuine, pushed) for violations in causes.values()))


def _is_genuine(behaviour: Behaviour) -> bool:
    return behaviour.outcome == "returned" and not behaviour.weak and not behaviour.stand_in


def _pushed(observations: Observations) -> Pushed:
    return frozenset(
        (incident.test, incident.seam.callee, _type(incident))
        for incident in observations.incidents
        if isinstance(incident, Violation) and incident.seam.caller == DRIVER and incident.where != RETURN
    )


def _type(violation: Violation) -> str:
    """The type that was found, without the containers it was found in."""
    return violation.found.partition(" in ")[0]


def _finding(violations: list[Violation], genuine: set[Seam], pushed: Pushed) -> Finding:
    shown = [each for each in violations if _is_shown(each, genuine, pushed)]
    first = min(
        shown or violations, key=lambda each: (each.seam.caller == DRIVER, each.seam, each.site, each.test)
    )
    return find(
        "DF202",
        first.seam,
        first.site,
        f"{first.where} {first.hint} {first.found}",
        _message(first, by_tests=not shown),
        severity=_severity(violations, shown),
        tests=(violation.test for violation in violations),
        evidence=(
            Fact("where", first.where),
            Fact("hint", first.hint),
            Fact("found", first.found),
            Fact("callers", tuple(sorted({violation.seam.caller for violation in violations}))),
            places(violation.site for violation in violations),
        ),
    )


def _is_shown(violation: Violation, genuine: set[Seam], pushed: Pushed) -> bool:
    """Whether a violation is the program's own doing, as far as can be told."""
    if violation.by_tests:
        return False
    returned = violation.where == RETURN
    taker = violation.seam.callee if returned else violation.seam.caller
    if (violation.test, taker, _type(violation)) in pushed:
        return False
    return violation.seam in genuine if returned else violation.seam.caller != DRIVER


def _severity(violations: list[Violation], shown: list[Violation]) -> Severity:
    """An error, unless nothing shows it but the tests, or they pass such a value to the callable as well."""
    as_well = violations[0].where != RETURN and any(each.seam.caller == DRIVER for each in violations)
    return "error" if shown and not as_well else "warning"


def _message(violation: Violation, *, by_tests: bool) -> str:
    seam = violation.seam
    called = f"{short(seam.callable, seam.callee)} of {seam.callee}"
    caller = "A test" if seam.caller == DRIVER else seam.caller
    if violation.where == RETURN:
        receiver = "a test" if seam.caller == DRIVER else seam.caller
        why = "; objects of the tests' own had a part in it" if violation.by_tests else ""
        return f"{called} returns {violation.found} to {receiver}, though it declares {violation.hint}{why}."
    why = "; the tests gave it so" if by_tests and seam.caller != DRIVER else ""
    return f"{caller} passes {violation.found} as {violation.where} to {called}, which declares {violation.hint}{why}."
