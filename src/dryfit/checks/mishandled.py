"""One way in which a failure was mishandled, and how many such ways become few findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dryfit.checks.experiments import DOMAIN_ERROR
from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.judgement import find
from dryfit.checks.names import plain
from dryfit.checks.propagated import chain_of
from dryfit.model.digest import sent_to
from dryfit.model.finding import Fact, Finding, Severity, finding_id
from dryfit.model.seam import Seam
from dryfit.model.trial import Crossed, Experiment, Fault, Strike

MOST_FAULTS = 12
"""So many of the faults that show a finding are listed."""


@dataclass(frozen=True, slots=True)
class Mishandled:
    """What one trial shows against one rule.

    ``handler`` is the callable in which the failure was mishandled: all that breaks one rule there is one finding.
    ``around`` is the one that was entered through a seam, and in which that was done.
    """

    rule: str
    tried: Tried
    handler: str
    message: str
    severity: Severity | None = None
    evidence: tuple[Fact, ...] = ()
    around: str = ""

    @property
    def seam(self) -> Seam:
        """The seam at which the fault happened."""
        return self.tried.experiment.point.seam

    @property
    def cause(self) -> tuple[str, str, str]:
        """What makes it one finding."""
        return (self.rule, self.handler, self.severity or "")


def findings(found: Iterable[Mishandled]) -> tuple[Finding, ...]:
    """One finding a cause."""
    groups: dict[tuple[str, ...], list[Mishandled]] = defaultdict(list)
    for each in found:
        groups[each.cause].append(each)
    return tuple(_finding(sorted(group, key=_order)) for group in groups.values())


def _order(each: Mishandled) -> tuple[int, bool, bool, int, Experiment]:
    """What is easiest to understand comes first: one call that the handler makes itself, and that does not run."""
    hit = each.tried.hit
    is_near = hit is not None and caller_of(each.tried) == each.handler
    return (
        len(each.tried.experiment.then),
        not is_near,
        each.tried.experiment.when == "after",
        hit.index if hit is not None else 0,
        each.tried.experiment,
    )


def _finding(group: Sequence[Mishandled]) -> Finding:
    first = group[0]
    experiments = [each.tried.experiment for each in group]
    listed = tuple(dict.fromkeys(told(experiment) for experiment in experiments))
    shown = (
        *listed[:MOST_FAULTS],
        *([f"and {len(listed) - MOST_FAULTS} more"] * (len(listed) > MOST_FAULTS)),
    )
    finding = find(
        first.rule,
        first.seam,
        first.tried.experiment.point.site,
        first.handler,
        first.message,
        severity=first.severity,
        tests=(experiment.test for experiment in experiments),
        evidence=(
            Fact("handled in", first.handler),
            Fact("faults", shown),
            *first.evidence,
            *chain_of(first.tried),
        ),
    )
    # Which call fails first may differ in the next run, where the budget ends earlier.
    cause = finding_id(first.rule, Seam("", "", first.handler), first.severity or "")
    return replace(
        finding,
        id=cause,
        test=first.tried.experiment.test,
        experiment=first.tried.experiment,
        path=first.tried.trial.propagation,
    )


def told(experiment: Experiment) -> str:
    """An experiment in one line."""
    said = ", then ".join(_told(strike) for strike in experiment.strikes)
    return f"{said}, then the same call again" if experiment.again else said


def _told(strike: Strike) -> str:
    fault, point = strike.fault, strike.point
    where = ", ".join(filter(None, [str(point.site), f"call {point.nth}" if point.nth > 1 else ""]))
    call = f"{callee(point.seam)} ({where})" if where else callee(point.seam)
    if fault.is_on_wire:
        return f"{call} {fault.text}"
    said = f": {fault.text}" if fault.text and fault.name != DOMAIN_ERROR else ""
    return f"{failure(fault)} {strike.when} {call}{said}"


def failure(fault: Fault) -> str:
    """The exception of a fault as people say it."""
    return fault.exception.removeprefix("builtins.")


def callee(seam: Seam) -> str:
    """What is called, as people say it."""
    return plain(seam.callable)


def fails(tried: Tried) -> str:
    """The fault in a clause: ``inventory.reserve fails with inventory.OutOfStock``."""
    return " and then ".join(_fails(strike) for strike in tried.experiment.strikes)


def _fails(strike: Strike) -> str:
    if strike.fault.is_on_wire:
        return f"{callee(strike.point.seam)} {strike.fault.text}"
    verb = "fails with" if strike.when == "before" else "has done its work and its reply is lost:"
    return f"{callee(strike.point.seam)} {verb} {failure(strike.fault)}"


def is_constructor(name: str) -> bool:
    """Whether a callable makes an object: who gets an exception from it has none."""
    return name.rpartition(".")[2] in ("__init__", "__new__", "__post_init__")


def function_of(crossed: Crossed) -> str:
    """The callable that a crossing entered."""
    return plain(crossed.point.seam.callable)


def caller_of(tried: Tried) -> str:
    """The callable of the project that made the failing call."""
    if tried.around:
        return function_of(tried.around[0])
    point = tried.experiment.point
    return f"{point.seam.caller}.{point.site.function}"


def state_of(faulted: Faulted) -> Iterator[Fact]:
    """What the entry did here, and does otherwise."""
    yield Fact("entry", function_of(faulted.entry))
    if done := _listed(faulted, usual=False):
        yield Fact("done", done)
    if usual := _listed(faulted, usual=True):
        yield Fact("done without the fault", usual)
    if faulted.surfaced is not None:
        yield Fact("the caller got", f"{faulted.surfaced.bases[0]}: {faulted.surfaced.text}")


def _listed(faulted: Faulted, *, usual: bool) -> tuple[str, ...]:
    changes = faulted.usual_changes if usual else faulted.changes
    work = faulted.usual if usual else faulted.done
    told = {sent_to(change.source) for change in changes}
    effects = (
        f"{item[1]}: {item[2]}" for item in work.elements() if item[0] == "effect" and item[1] not in told
    )
    return (*(str(change) for change in changes), *effects)


def listing_of(items: Iterable[tuple[str, ...]]) -> str:
    """Pieces of work in a clause: ``orders: rows added, smtp: mail to ann@example.com``."""
    words = [f"{item[2]}: {item[3]}" if item[0] == "state" else f"{item[1]}: {item[2]}" for item in items]
    more = f" and {len(words) - 2} more" if len(words) > 2 else ""
    return ", ".join(words[:2]) + more
