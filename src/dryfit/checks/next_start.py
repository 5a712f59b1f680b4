"""Whether a start that has failed half-way is made up for by the next one, and so is no partial effect to mend.

Who constructs an object and gets an exception has no object: nobody goes on with it, and the program starts once more,
or not at all. Steps that can each be made again (``CREATE TABLE IF NOT EXISTS``, ``INSERT … WHERE NOT EXISTS``) are
the rule there. That they are is tried: the same call is made again right after it has failed, and the state compared
with what it is without a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dryfit.checks.experiments import above, below
from dryfit.checks.faulted import Faulted, Tried
from dryfit.checks.mishandled import Mishandled, function_of, is_constructor
from dryfit.model.trial import Crossed, Experiment, Trial


class NextStart:
    """Plans second attempts for one trial after the other: one for each call that can fail in a constructor."""

    def __init__(self) -> None:
        self._known: set[object] = set()

    def plan(self, baseline: Trial, trial: Trial) -> Iterator[Experiment]:
        """The same failure once more, and then the same entry."""
        tried = trial.experiment
        if not isinstance(tried, Experiment) or tried.then or tried.again or tried.when == "after":
            return
        if not trial.fired or trial.void or trial.outcome in ("hang", "crash"):
            return
        struck = next((each for each in trial.crossings if each.point == tried.point), None)
        start = _start(trial, struck) if struck is not None else None
        if start is None:
            return
        place = (function_of(start), tried.point.seam, tried.point.site)
        if place not in self._known:
            self._known.add(place)
            yield replace(tried, again=True)


def _start(trial: Trial, struck: Crossed) -> Crossed | None:
    """The innermost constructor around the failure, out of which it came when something had been done there."""
    for each in above(trial, struck):
        if is_constructor(each.point.seam.callable):
            done = any(
                one.effect in ("write", "send") and one.outcome == "returned" and one.index < struck.index
                for one in below(trial, each)
            )
            return each if done and each.outcome == "raised" else None
    return None


def completed(tried: Iterable[Tried]) -> frozenset[str]:
    """The constructors whose work was done by the next attempt, whatever had failed in the one before it."""
    attempts: dict[str, list[bool]] = {}
    for each in tried:
        if each.experiment.again and each.trial.fired and not each.trial.void and each.hit is not None:
            start = _start(each.trial, each.hit)
            if start is not None:
                attempts.setdefault(function_of(start), []).append(
                    isinstance(each, Faulted) and did_the_rest(each)
                )
    return frozenset(name for name, done in attempts.items() if all(done))


def did_the_rest(faulted: Faulted) -> bool:
    """Whether all is as it is without the failure, and the second attempt has said so."""
    return faulted.trial.again == "returned" and faulted.knows_state and faulted.is_as_after


def is_made_up_for(found: Mishandled, starts: frozenset[str]) -> bool:
    """Whether it is the work of one of these constructors that was done, in part or all of it, before it failed."""
    return found.rule in ("DF302", "DF308") and found.handler in starts
