"""DF202 annotation-violation: a value at a seam contradicts the callee's type hints."""

from __future__ import annotations

from collections import defaultdict

from dryfit.checks.judgement import Judgement, find, places
from dryfit.checks.names import short
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations, Violation


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each contradiction once for a callable, a parameter (or the return), a hint and a type that was found.

    A warning where test code passes such a value itself, or where the value is of a class that the tests define,
    since the program may then only hand it on, or where a stand-in below may have made up the result.
    """
    causes: dict[tuple[str, str, str, str], list[Violation]] = defaultdict(list)
    for incident in observations.incidents:
        if isinstance(incident, Violation):
            causes[incident.seam.callable, incident.where, incident.hint, incident.found].append(incident)
    genuine = {behaviour.seam for behaviour in observations.behaviours if _is_genuine(behaviour)}
    return Judgement(findings=tuple(_finding(violations, genuine) for violations in causes.values()))


def _is_genuine(behaviour: Behaviour) -> bool:
    return behaviour.outcome == "returned" and not behaviour.weak and not behaviour.stand_in


def _finding(violations: list[Violation], genuine: set[Seam]) -> Finding:
    first = min(violations, key=lambda each: (each.seam.caller == DRIVER, each.seam, each.site, each.test))
    return find(
        "DF202",
        first.seam,
        first.site,
        f"{first.where} {first.hint} {first.found}",
        _message(first),
        severity=_severity(violations, genuine),
        tests=(violation.test for violation in violations),
        evidence=(
            Fact("where", first.where),
            Fact("hint", first.hint),
            Fact("found", first.found),
            Fact("callers", tuple(sorted({violation.seam.caller for violation in violations}))),
            places(violation.site for violation in violations),
        ),
    )


def _message(violation: Violation) -> str:
    seam = violation.seam
    called = f"{short(seam.callable, seam.callee)} of {seam.callee}"
    caller = "A test" if seam.caller == DRIVER else seam.caller
    if violation.where == "return":
        receiver = "a test" if seam.caller == DRIVER else seam.caller
        return f"{called} returns {violation.found} to {receiver}, though it declares {violation.hint}."
    return f"{caller} passes {violation.found} as {violation.where} to {called}, which declares {violation.hint}."


def _severity(violations: list[Violation], genuine: set[Seam]) -> Severity:
    first = violations[0]
    if first.where == "return":
        return "error" if any(violation.seam in genuine for violation in violations) else "warning"
    by_test = any(violation.seam.caller == DRIVER for violation in violations)
    return "warning" if by_test or _made_by_tests(first.found) else "error"


def _made_by_tests(found: str) -> bool:
    """Whether what was found is an object of a class that the tests define, by the names that test modules have."""
    top = found.partition(" ")[0].partition(".")
    return bool(top[1]) and (top[0] in ("test", "tests", "conftest") or top[0].startswith("test_"))
