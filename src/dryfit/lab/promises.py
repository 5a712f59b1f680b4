"""Which runs of operations are wanted whose own promises have to hold: until one is broken, and then the smallest."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from unittest import SkipTest

from _pytest.outcomes import Skipped

from dryfit.lab.exploration import Exploration, Limits, Stopwatch, Wanted, narrated
from dryfit.model.interleaving import Explored, Overlap, Run, Search
from dryfit.probes.schedule import BrokenOff, alternate, follow, serial, shrink
from dryfit.probes.statics import type_name

Holds = Callable[[Run], bool]
"""Whether a run keeps what is promised; asked as soon as the run is over."""

_LEAVING = frozenset(map(type_name, (Skipped, SkipTest)))
"""Exceptions by which a test says that there is nothing to be said."""


def explore_promises(overlap: Overlap, search: Search, limits: Limits, holds: Holds) -> Exploration:
    """Run the operations one after the other, then in turn, and as the search says, until something does not hold.

    After that nothing more is wanted. What is opened once, as connections of a pool are, is there from the second run
    on; so what that shows counts where the search shows nothing. An overlap that has a schedule is run by that.
    """
    spent = Stopwatch()
    everyone = tuple(range(len(overlap.operations)))
    if overlap.schedule:
        yield Wanted(everyone, alternate)
        run = yield Wanted(everyone, follow(overlap.schedule))
        found = () if holds(run) else (yield from narrated([run], _end_alike))
        return _explored(overlap, run, found, tried=1)
    first = run = yield Wanted(everyone, serial(everyone))
    if not holds(first):
        return _explored(overlap, first, (first,), tried=1)
    prepared = yield Wanted(everyone, alternate)
    spare, tried = () if holds(prepared) else (prepared,), 2
    is_kept = True  # asked once of each run: what holds now says nothing of the one before the last
    while is_kept and search.begin() and limits.leave_room(spent, tried - 1):
        run = yield Wanted(everyone, search.choose)
        tried += 1
        search.ended(run.interleaving)
        is_kept = holds(run)
    found = spare if is_kept else (run,)
    if found and found[0].interleaving.ending != "limit":  # each of those takes as long as it may
        found = yield from narrated([(yield from _smallest(overlap, found[0], holds))], _end_alike)
    explored = _explored(overlap, first, found, tried=tried)
    return replace(
        explored,
        at_least=max(search.at_least, tried + (not search.exhausted)),
        exhausted=bool(found) or search.exhausted,
    )


def _explored(overlap: Overlap, first: Run, others: tuple[Run, ...], *, tried: int) -> Explored:
    return Explored(
        overlap,
        ((first, first),),
        others=others,
        tried=tried,
        at_least=tried,
        exhausted=True,
    )


def assertions_hold(run: Run) -> bool:
    """Whether every copy of a test came to its end, and none of its assertions failed."""
    return run.interleaving.ending == "completed" and all(
        ended is not None and (ended.error is None or ended.error.bases[0] in _LEAVING) for ended in run.ended
    )


def is_leaving(error: BaseException) -> bool:
    """Whether a test is left by this exception, and does not fail by it."""
    return isinstance(error, BrokenOff) or type_name(type(error)) in _LEAVING


def _end_alike(one: Run, other: Run) -> bool:
    return one.interleaving.ending == other.interleaving.ending


def _smallest(overlap: Overlap, found: Run, holds: Holds) -> Generator[Wanted, Run, Run]:
    """The smallest schedule that breaks as much: a broken assertion does not stand for a run that never ends."""
    ending = found.interleaving.ending
    steps = shrink(found, lambda run: run.interleaving.ending == ending and not holds(run))
    everyone = tuple(range(len(overlap.operations)))
    try:
        choose = next(steps)
        while True:
            choose = steps.send((yield Wanted(everyone, choose)))
    except StopIteration as stop:
        best: Run = stop.value
        return best
