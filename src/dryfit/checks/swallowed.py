"""DF301 swallowed, and DF308's first half: the fault vanished, and what the caller was told is not what happened."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.checks.experiments import above
from dryfit.checks.faulted import Faulted
from dryfit.checks.mishandled import Mishandled, callee, fails, function_of, listing_of, state_of
from dryfit.checks.propagated import caught_in
from dryfit.model.trial import Crossed


def judge(faulted: Faulted) -> Iterator[Mishandled]:
    """The caller got what it always gets, and work of the baseline is missing.

    Where all of it is missing and the caller was given a value that says otherwise, that is DF308 misreported. What the
    program does after the fault and never does otherwise (a row for later, a note) counts as an answer to it.
    """
    if faulted.reply != "said the same" or not faulted.missing or faulted.has_settled or faulted.doubled:
        return
    around = swallowed_in(faulted)
    handler = caught_in(faulted, around.point.seam.callee) or function_of(around)
    entry = function_of(faulted.entry)
    lost = listing_of(faulted.missing)
    if faulted.is_untouched and faulted.says_something:
        yield Mishandled(
            "DF308",
            faulted,
            handler,
            f"{entry} says success though nothing was done, when {fails(faulted)} (missing: {lost})",
            evidence=tuple(state_of(faulted)),
            around=function_of(around),
        )
    else:
        yield Mishandled(
            "DF301",
            faulted,
            handler,
            f"{handler} goes on as if {callee(faulted.experiment.point.seam)} had worked, when {fails(faulted)}"
            f" (missing: {lost})",
            evidence=tuple(state_of(faulted)),
            around=function_of(around),
        )


def swallowed_in(faulted: Faulted) -> Crossed:
    """The crossing out of which the exception did not come."""
    return next(each for each in above(faulted.trial, faulted.struck) if each.outcome != "raised")
