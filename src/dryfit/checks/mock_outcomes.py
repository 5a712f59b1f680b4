"""Outcomes that only one side has: what a stand-in raised and the real callee never does, and the other way round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dryfit.checks.judgement import find, places
from dryfit.checks.names import listing
from dryfit.checks.outcomes import NOT_THE_CALLEES
from dryfit.checks.stand_ins import Evidence, Mocked, Real
from dryfit.model.finding import Fact, Finding
from dryfit.model.trace import Behaviour

_LOOKED_UP = frozenset(
    {
        "ArithmeticError",
        "IndexError",
        "KeyError",
        "LookupError",
        "UnicodeError",
        "ValueError",
        "ZeroDivisionError",
    }
)
"""Builtin exceptions that come from a callee's own code, and not from what it rests on as a broken line does."""


def strange(mocked: Mocked, evidence: Evidence) -> Iterator[str]:
    """Exceptions that the stand-ins raised, and that the real one was not seen to raise.

    The project's own, and where the real one was seen to raise others instead, those of looking something up.
    """
    seen = mocked.real.raised
    raised = {each.result_type for each in mocked.behaviours if each.outcome == "raised"}
    for name in sorted(raised):
        own = evidence.is_of_project(name) or (bool(seen) and name in _LOOKED_UP)
        if own and not any(evidence.related(name, each) for each in seen):
            yield name


def unmocked(mocked: Iterable[Mocked], evidence: Evidence) -> Iterator[Finding]:
    """What the real one was seen to do, no stand-in of it ever did, and its caller never met."""
    by_name: dict[str, list[Behaviour]] = defaultdict(list)
    every = list(mocked)
    for each in every:
        by_name[each.real.name] += each.behaviours
    for each in every:
        real = each.real
        seen = real.source in ("this run", "an earlier run") and each.caller != real.component
        if not seen or not each.behaviours:
            continue
        met = [
            real for behaviour in each.behaviours for real in evidence.real_at(behaviour.site, each.real.name)
        ]
        missing = tuple(_outcomes_without(_asked_alike(each), [*by_name[real.name], *met], evidence))
        if missing:
            shown = [behaviour for behaviour in real.behaviours if _outcome(behaviour) in missing]
            yield find(
                "DF203",
                each.seam,
                min(behaviour.site for behaviour in each.behaviours),
                f"unmocked-outcome {' '.join(missing)}",
                f"{real.called} was seen to {listing(missing)}, and no stand-in of it that"
                f" {each.caller} found ever did.",
                severity="warning",
                tests={test for behaviour in shown for test in evidence.tests.get(behaviour.key, ())},
                evidence=(
                    Fact("sub-kind", ("unmocked-outcome",)),
                    Fact("known from", real.known_from),
                    places(behaviour.site for behaviour in each.behaviours),
                ),
            )


def _asked_alike(mocked: Mocked) -> Real:
    """The real one without the exceptions by which it refused what this caller does not send: other types."""
    sent: dict[str, set[str]] = defaultdict(set)
    for name, type_ in (pair for each in mocked.behaviours for pair in _sent(each, mocked.real)):
        sent[name].add(type_)
    kept = tuple(
        each
        for each in mocked.real.behaviours
        if each.outcome == "returned"
        or all(argument.type in sent.get(argument.name, {argument.type}) for argument in each.arguments)
    )
    return replace(mocked.real, behaviours=kept)


def _sent(behaviour: Behaviour, real: Real) -> Iterator[tuple[str, str]]:
    """The real one's parameters with the types that a stand-in got for them; a mock has a tuple and a dictionary."""
    if behaviour.stand_in == "replacement":
        yield from ((each.name, each.type) for each in behaviour.arguments)
        return
    names = [each.name for each in real.parameters or ()]
    for form in (form for each in behaviour.arguments for form in each.shape.forms):
        for name, shape in form.fields if form.kind in ("tuple", "mapping") else ():
            position = int(name) if name.isdigit() else len(names)
            known = names[position] if position < len(names) else name
            yield from ((known, inner.type) for inner in shape.forms)


def _outcomes_without(real: Real, others: Iterable[Behaviour], evidence: Evidence) -> Iterator[str]:
    answered = list(others)
    returned = {form.kind for form in real.returned.forms}
    if len(returned) > 1 and "none" in returned and not any(_is_none(each) for each in answered):
        yield "return None"
    raised = {each.result_type for each in answered if each.outcome == "raised"}
    for name in sorted(real.raised - NOT_THE_CALLEES):
        if not name.startswith(("_pytest.", "hypothesis.")) and not any(
            evidence.related(name, other) for other in raised
        ):
            yield f"raise {name}"


def _outcome(behaviour: Behaviour) -> str:
    if behaviour.outcome == "raised":
        return f"raise {behaviour.result_type}"
    return "return None" if _is_none(behaviour) else ""


def _is_none(behaviour: Behaviour) -> bool:
    return behaviour.outcome == "returned" and behaviour.result_type in ("None", "NoneType")
