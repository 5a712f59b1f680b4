"""The way of a failure as evidence, and in which callable it ended."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.checks.faulted import Tried
from dryfit.checks.names import plain
from dryfit.model.chain import Link
from dryfit.model.finding import Fact, Finding
from dryfit.model.trial import Trial

_VERBS = {"raised": "raised at", "passed": "passed", "left": "left the program at"}


def chain_of(tried: Tried) -> Iterator[Fact]:
    """The steps of the failure, with their lines; where they are not known, what tracebacks tell at seams."""
    if tried.trial.propagation:
        yield Fact("chain", tuple(map(_told, tried.trial.propagation)))
    elif by_tracebacks := tuple(_by_tracebacks(tried.trial)):
        yield Fact("chain by tracebacks", by_tracebacks)


def caught_in(tried: Tried, component: str) -> str:
    """The callable of a component whose handler ended the failure; "" where it was another one, or none.

    What guards the calls of others (a context manager, a decorator) does not count: it is they who chose it.
    """
    if not (steps := tried.trial.propagation):
        return ""
    last = steps[-1]
    if last.kind != "caught" or last.component != component or "<locals>" in last.callable:
        return ""
    guards = {step.callable for step in steps if step.kind == "thrown into"}
    return "" if last.callable in guards else plain(last.callable)


def stop_of(finding: Finding) -> Link | None:
    """The step at which a failure was mishandled: its handler, or else the last look that the program had at it.

    That is in the callable that the finding names, or in whatever was the last of the project's; ``None`` where the
    way of the failure is not known.
    """
    own = [step for step in finding.path if step.component]
    if own and own[-1].kind == "caught":
        return own[-1]
    named = next((fact.value for fact in finding.evidence if fact.name == "handled in"), "")
    there = [step for step in own if plain(step.callable) == named] or own
    return there[-1] if there else None


def _told(step: Link) -> str:
    verb = _VERBS.get(step.kind, step.kind if step.kind == "thrown into" else f"{step.kind} at")
    outside = "" if step.component else ", outside of the project"
    exception = f" ({step.exception})" if step.kind in ("raised", "wrapped") else ""
    return f"{verb} {step.place} in {step.place.function}{outside}: {step.source}{exception}"


def _by_tracebacks(trial: Trial) -> Iterator[str]:
    """The fault and what was made of it, in that order, each with the lines of the project that it passed."""
    faults = {each.number for each in trial.errors if each.injected}
    for error in trial.errors:
        if error.path and (error.injected or not faults.isdisjoint(error.chain)):
            lines = " → ".join(str(place) for place in dict.fromkeys(reversed(error.path)))
            yield f"{error.bases[0]}: {lines}"
