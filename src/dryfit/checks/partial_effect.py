"""DF302 partial-effect, DF306 duplicate-effect, and DF308's other half: what a failure leaves, by what was done."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.checks.experiments import above, below
from dryfit.checks.faulted import Faulted
from dryfit.checks.mishandled import Mishandled, caller_of, fails, function_of, listing_of, state_of


def judge(faulted: Faulted) -> Iterator[Mishandled]:
    """Judge what was done by the time the caller had its answer."""
    if faulted.doubled and not faulted.is_complete:
        yield _doubled(faulted)
    elif not faulted.tells_of_failure or not faulted.usual or faulted.is_untouched:
        return
    elif faulted.is_complete:
        yield from _done_all_the_same(faulted)
    elif _is_certain(faulted) and faulted.done and not faulted.has_settled:
        yield _half_done(faulted)


def _is_certain(faulted: Faulted) -> bool:
    """Whether all that failed was not done: of a reply that was lost nobody can tell."""
    return all(strike.when == "before" for strike in faulted.experiment.strikes)


def _doubled(faulted: Faulted) -> Mishandled:
    """An effect that had happened already happened once more."""
    first = faulted.doubled[0]
    shown = faulted.shown_as(first, faulted.trial)
    crossings = {each.crossing for each in faulted.stays if faulted.shown_as(each, faulted.trial) == shown}
    handler = _around(faulted, crossings)
    who = handler if len(crossings) > 1 else f"{faulted.struck.point.seam.callee}, called by {handler},"
    return Mishandled(
        "DF306",
        faulted,
        handler,
        f"{who} does again what was done, when {fails(faulted)} (twice: {first.source}: {first.what})",
        evidence=tuple(state_of(faulted)),
    )


def _half_done(faulted: Faulted) -> Mishandled:
    """The caller knows of a failure, and part of the work stays."""
    handler = _around(faulted, {*_doing(faulted), faulted.struck.index})
    return Mishandled(
        "DF302",
        faulted,
        handler,
        f"{handler} leaves its work half done, when {fails(faulted)} (stays: {listing_of(faulted.done)})",
        severity="warning" if faulted.leaves_whole_pieces or faulted.leaves_it_marked else None,
        evidence=tuple(state_of(faulted)),
    )


def _done_all_the_same(faulted: Faulted) -> Iterator[Mishandled]:
    """The caller was told of a failure, and everything is done.

    What is only in memory and files may well be taken back, or done again, by whoever was told.
    """
    entry = function_of(faulted.entry)
    if _is_certain(faulted) and not faulted.is_among_itself:
        yield Mishandled(
            "DF308",
            faulted,
            entry,
            f"{entry} reports a failure though all of its work is done, when {fails(faulted)}",
            severity="warning" if _reads(faulted) or faulted.leaves_whole_pieces else None,
            evidence=tuple(state_of(faulted)),
        )
    elif not faulted.experiment.then and not _is_certain(faulted) and faulted.struck.effect == "write":
        yield Mishandled(
            "DF308",
            faulted,
            caller_of(faulted),
            f"{entry} reports a failure, and the work is done: ambiguous, as nobody can tell when {fails(faulted)};"
            " let the caller look, or make it safe to call again",
            severity="warning",
            evidence=tuple(state_of(faulted)),
        )


def _reads(faulted: Faulted) -> bool:
    """Whether it was a look at what had been written that failed: who needs that has no better answer."""
    usual = next(
        (each for each in faulted.baselines[0].crossings if each.point == faulted.struck.point), None
    )
    around = (faulted.struck, *(below(faulted.baselines[0], usual) if usual is not None else ()))
    return any(each.effect == "read" for each in around)


def _doing(faulted: Faulted) -> set[int]:
    """The crossings that did the work that stays, by the effect log, or as far as their kind tells."""
    known = {each.crossing for each in faulted.stays}
    return known or {
        each.index
        for each in below(faulted.trial, faulted.entry)
        if each.effect in ("write", "send")
        and each.outcome == "returned"
        and each.index < faulted.struck.index
    }


def _around(faulted: Faulted, crossings: set[int]) -> str:
    """The innermost callable around all of these crossings."""
    for each in above(faulted.trial, faulted.struck):
        inside = {below_it.index for below_it in below(faulted.trial, each)}
        if crossings <= inside:
            return function_of(each)
    return function_of(faulted.entry)
