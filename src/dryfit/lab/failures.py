"""What a test fails with that came out otherwise at once than alone: the copy's own exception, with the lanes."""

from __future__ import annotations

from collections.abc import Iterator

from _pytest.outcomes import Failed

from dryfit.checks import contention
from dryfit.checks.explored import explored_said, named
from dryfit.checks.lanes import lanes, steps_of
from dryfit.lab.copies import Copies
from dryfit.model.finding import RULES, Fact, Finding
from dryfit.model.interleaving import Explored
from dryfit.model.trial import Trial

_OF_ANOTHER_THREAD = "SQLite objects created in a thread can only be used in that same thread"
OWN_CONNECTIONS = (
    "what to do: each copy of the test runs in a thread of its own; let it open its connection itself, as the "
    "program's own threads do, or have the fixture open it with check_same_thread=False"
)


def failure_of(copies: Copies) -> BaseException | None:
    """The exception of a copy that failed, or one that says why there is no verdict; ``None`` where all is well."""
    said = copies.lost or (said_of(copies.explored) if copies.explored is not None else "")
    if not said:
        return None
    if copies.lost or not copies.errors:
        return Failed(said, pytrace=False)
    error, traceback = copies.errors[0]
    if _OF_ANOTHER_THREAD in str(error):
        said = f"{said}\n{OWN_CONNECTIONS}"
    error.add_note(said)
    return error.with_traceback(traceback)


def said_of(explored: Explored) -> str:
    """Everything about the findings of an exploration, as lines of text; "" without any."""
    judged = contention.judge([(explored, Trial(explored.overlap.test, None, "passed", 0.0))])
    lines = [line for finding in judged.findings[:1] for line in _lines(finding)]
    return "\n".join(lines or [f"{each.what}: {each.reason}" for each in judged.skipped])


def invariant_said(explored: Explored, broken: str) -> str:
    """The same of a run after which an invariant does not hold."""
    return "\n".join(
        (
            f"DF503 broken-under-overlap: {named(explored.overlap)}: the invariant does not hold: {broken}",
            "lanes:",
            *(f"  {line}" for line in lanes(steps_of(explored.others[0]))),
            f"explored: {explored_said(explored)}",
        )
    )


def _lines(finding: Finding) -> Iterator[str]:
    name = next(rule.slug for rule in RULES if rule.id == finding.rule)
    yield f"{finding.rule} {name}: {finding.message}"
    for fact in finding.evidence[:-1]:  # the last one names the test
        yield from _fact(fact)


def _fact(fact: Fact) -> Iterator[str]:
    if isinstance(fact.value, tuple) and len(fact.value) > 1:
        yield f"{fact.name}:"
        yield from (f"  {line}" for line in fact.value)
    else:
        yield f"{fact.name}: {fact.value[0] if isinstance(fact.value, tuple) else fact.value}"
