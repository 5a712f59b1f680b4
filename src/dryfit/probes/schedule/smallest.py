"""Makes an order of steps that shows something as plain as it can be: with the fewest switches that still show it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import NamedTuple

from dryfit.model.interleaving import Choice, Choose, Interleaving, Run
from dryfit.probes.schedule.bounded import Bounded
from dryfit.probes.schedule.orders import stay


class Switch(NamedTuple):
    """After ``moves`` moves of worker ``before``, ``after`` goes on where ``stay`` would have chosen another.

    So it is named by what the workers did, not by when: it still means the same where other switches are left out.
    """

    before: int
    moves: int
    after: int


Shrinking = Generator[Choose, Run, Run]
"""Gives how to choose in the run that is wanted next, is sent that run, and returns the smallest one."""


def shrink(found: Run, still_shows: Callable[[Run], bool], tries: int = 100) -> Shrinking:
    """The run with the fewest switches that still shows what was found.

    Switches are left out as in delta debugging (Zeller, Hildebrandt 2002), halves of them first, until none can be left
    out alone. Where preemptions are left, up to ``tries`` orders with fewer of them are tried in their place.
    What is given back was seen: its schedule shows the finding when it is followed.
    """
    best = found
    while (better := (yield from _without(best, still_shows))) is not None:
        best = better
    return (yield from _milder(best, still_shows, tries)) or best


def _milder(best: Run, still_shows: Callable[[Run], bool], tries: int) -> Generator[Choose, Run, Run | None]:
    orders = Bounded(best.interleaving.preemptions - 1)
    for _ in range(tries):
        if not orders.begin():
            break
        run = yield orders.choose
        orders.ended(run.interleaving)
        if still_shows(run):
            return run
    return None


def _without(best: Run, still_shows: Callable[[Run], bool]) -> Generator[Choose, Run, Run | None]:
    cost = weight(best.interleaving)
    for fewer in subsets(switches(best.interleaving)):
        run = yield Switching(fewer)
        if weight(run.interleaving) < cost and still_shows(run):
            return run
    return None


def weight(interleaving: Interleaving) -> tuple[int, int, int]:
    """What makes an order hard to read: preemptions, switches, and choices, in this order."""
    schedule = interleaving.schedule
    changes = sum(one != other for one, other in itertools.pairwise(schedule))
    return interleaving.preemptions, changes, len(schedule)


def switches(interleaving: Interleaving) -> tuple[Switch, ...]:
    """Where an order departs from one without preemptions."""
    moves: Counter[int] = Counter()
    found: list[Switch] = []
    for move in interleaving.moves:
        if move.chosen != stay(move.choice):
            before = move.choice.running
            found.append(Switch(before, moves[before], move.chosen))
        moves[move.chosen] += 1
    return tuple(found)


def subsets(whole: tuple[Switch, ...]) -> Iterator[tuple[Switch, ...]]:
    """Fewer switches, the fewest first: none, parts of them, all but a part, until all but one."""
    size = len(whole)
    while size:
        size //= 2
        parts = [whole[start : start + size] for start in range(0, len(whole), size)] if size else [()]
        yield from parts
        if size and len(parts) > 2:
            for number in range(len(parts)):
                yield tuple(switch for other in parts[:number] + parts[number + 1 :] for switch in other)


class Switching:
    """Chooses without preemptions but for some switches, for one run; one that cannot be made is left out."""

    def __init__(self, made: tuple[Switch, ...]) -> None:
        self._to: Mapping[tuple[int, int], int] = {(one.before, one.moves): one.after for one in made}
        self._moves: Counter[int] = Counter()

    def __call__(self, choice: Choice) -> int:
        """The worker that is switched to here, or the one that goes on."""
        after = self._to.get((choice.running, self._moves[choice.running]))
        chosen = after if after in choice.enabled and after is not None else stay(choice)
        self._moves[chosen] += 1
        return chosen
