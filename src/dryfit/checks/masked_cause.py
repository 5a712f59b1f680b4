"""DF303 masked-cause: what surfaces has lost the exception that it came from."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.checks.experiments import above
from dryfit.checks.faulted import Faulted
from dryfit.checks.mishandled import Mishandled, fails, function_of, state_of
from dryfit.model.finding import Fact
from dryfit.model.trial import Crossed, ErrorSeen

_NO_CAUSES = frozenset({"cancelled"})
"""Faults that asyncio itself makes another exception of."""


def judge(faulted: Faulted) -> Iterator[Mishandled]:
    """The exception that the caller got does not lead to the fault, by no cause, no context, and no word of its text.

    ``raise … from None`` keeps the context, and is what its author wants. Where a stand-in was told meanwhile, what
    follows comes of its having returned.
    """
    surfaced = faulted.surfaced
    if surfaced is None or faulted.reply != "raised" or faulted.experiment.fault.name in _NO_CAUSES:
        return
    fault = next((each for each in faulted.trial.errors if each.injected), None)
    if fault is None or _tells(faulted, surfaced, fault) or faulted.asked_stand_ins:
        return
    lost_in = _lost_in(faulted, fault)
    # What a library that calls back makes of exceptions is not the program's doing.
    if lost_in.effect != "call":
        return
    handler = function_of(lost_in)
    yield Mishandled(
        "DF303",
        faulted,
        handler,
        f"{handler} raises {surfaced.bases[0]} and loses the cause, when {fails(faulted)}",
        evidence=(
            *state_of(faulted),
            Fact("raised at", tuple(map(str, surfaced.path[-1:]))),
        ),
    )


def _tells(faulted: Faulted, error: ErrorSeen, fault: ErrorSeen) -> bool:
    """Whether an exception is the fault, or leads to it, or has its text in its own."""
    if error.number == fault.number or fault.number in error.chain:
        return True
    if _is_told_by_any(faulted) and (
        error.injected or any(faulted.trial.errors[number].injected for number in error.chain)
    ):
        return True
    return bool(fault.text) and fault.text in error.text


def _is_told_by_any(faulted: Faulted) -> bool:
    """Whether any injected exception is as good as the first one: there is no other fault, or only further attempts."""
    seams = {strike.point.seam.callable for strike in faulted.experiment.strikes}
    return len(seams) == 1


def _lost_in(faulted: Faulted, fault: ErrorSeen) -> Crossed:
    """The innermost crossing out of which something else came."""
    for each in above(faulted.trial, faulted.struck):
        error = faulted.trial.errors[each.error] if each.error >= 0 else None
        if error is None or not _tells(faulted, error, fault):
            return each
    return faulted.entry
