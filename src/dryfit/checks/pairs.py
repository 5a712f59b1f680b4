"""Proposes second faults: at the crossings that are there only because a first one happened.

A fallback, a compensation, a second attempt, a note of the error: a run without faults has none of them, so nobody
knows what becomes of *their* failures. To try every pair of faults would take for ever and show little else. Two pairs
that give the callable around both the same outcomes are one: the dynamic reduction of Filibuster (Meiklejohn et al.,
"Service-Level Fault Injection Testing", SoCC 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from dryfit.checks.experiments import DOMAIN_ERROR, above, below
from dryfit.model.seam import DRIVER
from dryfit.model.trial import Crossed, Experiment, Fault, Offer, Strike, Trial

SECOND = "another failure, made by dryfit"
"""The text of a second fault that is an exception of the project's own: whether the first one is told shows then."""

Offers = Callable[[Trial, Crossed], Iterable[Offer]]


class Pairs:
    """Plans second faults for one trial after the other, each combination of outcomes once.

    ``offers`` says what may go wrong at a crossing of a trial.
    """

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._known: set[object] = set()

    def plan(self, baseline: Trial, trial: Trial) -> Iterator[Experiment]:
        """The first fault of ``trial`` once more, each time with one that follows."""
        first = trial.experiment
        if not isinstance(first, Experiment) or (struck := _struck(trial, first)) is None:
            return
        for crossed in _revealed(baseline, trial, struck):
            for offer in _one_each(self._offers(trial, crossed)):
                combination = (_outcomes(trial, struck, crossed), offer)
                if combination not in self._known:
                    self._known.add(combination)
                    strike = Strike(crossed.point, offer.when, _as_second(offer.fault))
                    rank = first.rank + 1
                    yield Experiment(
                        first.test, first.point, first.when, first.fault, first.entry, rank, (strike,)
                    )


def _struck(trial: Trial, experiment: Experiment) -> Crossed | None:
    """The crossing at which the one fault of a trial happened; ``None`` where nothing can follow from it."""
    if (
        experiment.then
        or experiment.again
        or not trial.fired
        or trial.void
        or trial.outcome in ("hang", "crash")
    ):
        return None
    return next((each for each in trial.crossings if each.point == experiment.point), None)


def _revealed(baseline: Trial, trial: Trial, struck: Crossed) -> Iterator[Crossed]:
    """The crossings after the fault, within the same entry, that the baseline did not have."""
    known = {each.point for each in baseline.crossings}
    *_, entry = (struck, *above(trial, struck))
    for each in below(trial, entry):
        if each.index > struck.index and each.point not in known and each.point.seam.caller != DRIVER:
            yield each


def _one_each(offers: Iterable[Offer]) -> Iterator[Offer]:
    """The first offer before the callee runs, and the first one after it."""
    seen = set()
    for offer in offers:
        if offer.when not in seen:
            seen.add(offer.when)
            yield offer


def _as_second(fault: Fault) -> Fault:
    return replace(fault, text=SECOND) if fault.name == DOMAIN_ERROR else fault


def _outcomes(trial: Trial, struck: Crossed, crossed: Crossed) -> tuple[object, ...]:
    """What the callable around both got of the first fault, and by which way the second one comes to it."""
    inside = {each.index: each for each in (struck, *above(trial, struck))}
    way: list[str] = []
    for each in (crossed, *above(trial, crossed)):
        if each.index in inside:
            failed = next(child for child in inside.values() if child.parent == each.index)
            around = each.point.seam.callable
            return around, failed.point.seam.callable, failed.outcome, failed.result, *way
        way.append(each.point.seam.callable)
    return tuple(way)
