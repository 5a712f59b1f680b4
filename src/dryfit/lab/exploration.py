"""Which runs of an overlap are wanted: the serial orders, then what the search says, then each operation alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from dryfit.model.clock import Clock
from dryfit.model.interleaving import Choose, Explored, Overlap, Run, Search
from dryfit.model.serial import Came, Masks, came_of, comes_out_as
from dryfit.probes.schedule import Follow, alternate, follow, serial, serial_orders

Pair = tuple[Run, Run]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run: ``workers`` are the operations that take part, by number; ``choose`` decides who goes on.

    ``stop`` is as an overlap has it. ``narrated`` says that its steps are to tell what was read and written in memory.
    """

    workers: tuple[int, ...]
    choose: Choose
    stop: tuple[int, ...] = ()
    narrated: bool = False


DIVERGED = "not deterministic, no verdict: the same choices lead elsewhere"
"""Why runs that all came out as serial orders do show nothing: the others could not be made."""

UNLIKE = (
    "returns in the test, and in a thread or a task of its own it ends with {}: what the test has prepared is not seen"
    " from there, as where fixtures hold a transaction open; let them commit, and let the database be made clean by"
    ' dryfit (isolation = "recycle" or "clone")'
)
"""Why an operation that is nothing like the test's own shows nothing."""

MOST_STATEMENTS = 12
"""So many statements of each operation are stopped half-way, the first ones."""


FEWEST, FEW = 12, 200
PATIENCE = 4.0
"""On a slow machine, or a busy one, an exploration takes so many times its seconds."""


class Stopwatch:
    """Seconds ``by_clock`` since it began, and those in which this process had a processor."""

    def __init__(self) -> None:
        self._clock, self._processor = Clock.monotonic(), time.process_time()

    @property
    def by_clock(self) -> float:
        """As the user has waited."""
        return Clock.monotonic() - self._clock

    @property
    def of_processor(self) -> float:
        """As the machine would have needed at least, if nothing else ran on it."""
        return time.process_time() - self._processor


@dataclass(frozen=True, slots=True)
class Limits:
    """An exploration ends after so many seconds, or so many interleavings, or where ``has_enough`` says so."""

    seconds: float = 3.0
    interleavings: int = 400
    has_enough: Callable[[], bool] = lambda: False

    def leave_room(self, spent: Stopwatch, tried: int) -> bool:
        """Whether another interleaving may be made.

        Few need patience: the fewest in any case, more of them where others have the processors, or servers.
        """
        are_few = tried < FEWEST or (tried < FEW and spent.of_processor < self.seconds)
        seconds = self.seconds * (PATIENCE if are_few else 1)
        return tried < self.interleavings and spent.by_clock < seconds and not self.has_enough()


Exploration = Generator[Wanted, Run, Explored]
"""Gives what is wanted next, is sent what it showed, and returns what all of them showed."""


def explore(
    overlap: Overlap, search: Search, limits: Limits, can_stop: Callable[[], bool] = lambda: False
) -> Exploration:
    """Run the serial orders, twice each, then as the search says, or as the overlap does, and each operation alone.

    It ends early where two runs of one serial order differ, or do not come to their end. ``can_stop`` says, when all
    else is done, whether statements can be stopped half-way.
    """
    spent = Stopwatch()
    everyone = tuple(range(len(overlap.operations)))
    pairs: list[Pair] = []
    for order in _distinct_orders(overlap):
        pairs.append((yield from _twice(Wanted(everyone, serial(order)))))
        if void := _unfit(pairs[-1]) or _unlike(overlap, pairs[0]):
            return Explored(overlap, tuple(pairs), void=void)
    masks = Masks.of(pairs)
    if masks.differs:
        void = f"not deterministic, no verdict: one after the other, {masks.differs}"
        return Explored(overlap, tuple(pairs), void=void)
    others = _Others(overlap, masks, pairs)
    if overlap.schedule and overlap.stop and not can_stop():
        return Explored(overlap, tuple(pairs), void="statements cannot be stopped half-way here")
    # So that what is opened once, as connections of a pool are, is there: in a replay as when it was found.
    prepared = yield Wanted(everyone, alternate)
    if overlap.schedule:
        diverged = yield from _followed(overlap, everyone, others)
    else:
        others.add(prepared)
        while search.begin() and limits.leave_room(spent, others.tried):
            run = yield Wanted(everyone, search.choose)
            search.ended(run.interleaving)
            others.add(run)
        diverged = search.diverged
        if not (others.found or limits.has_enough()) and can_stop():
            yield from _stopped(overlap, pairs, others)
    alone = []
    for worker in _distinct(overlap) if others.found else ():
        pair = yield from _twice(Wanted((worker,), serial((0,))))
        alone.append(pair)
    return Explored(
        overlap,
        tuple(pairs),
        tuple(alone),
        (yield from narrated(others.smallest(), others.are_alike)),
        tried=others.tried,
        at_least=max(search.at_least, others.tried + (not search.exhausted)),
        exhausted=search.exhausted,
        void=f"{DIVERGED}: {diverged}" if diverged and not others.found else "",
    )


def narrated(
    runs: Sequence[Run], are_alike: Callable[[Run, Run], bool]
) -> Generator[Wanted, Run, tuple[Run, ...]]:
    """The same runs with steps that tell what was read and written in memory: each is made once more for that.

    Only those are that end, and in which operations give way to each other where they await, or at lines. One that
    comes out as something else the second time stays as it is.
    """
    found = []
    for run in runs:
        is_about_memory = any(step.kind in ("line", "resumed") for step in run.interleaving.steps)
        if is_about_memory and run.interleaving.ending == "completed":
            everyone = tuple(range(len(run.ended)))
            again = yield Wanted(everyone, follow(run.interleaving.schedule), run.stop, narrated=True)
            if again.interleaving.schedule == run.interleaving.schedule and are_alike(run, again):
                run = replace(again, stop=run.stop)
        found.append(run)
    return tuple(found)


def _twice(wanted: Wanted) -> Generator[Wanted, Run, Pair]:
    first = yield wanted
    second = yield wanted
    return first, second


def _followed(overlap: Overlap, everyone: tuple[int, ...], others: _Others) -> Generator[Wanted, Run, str]:
    """Run the one schedule that the overlap has; gives where it could not be followed, or ""."""
    path: Follow = follow(overlap.schedule)
    others.add((yield Wanted(everyone, path, overlap.stop)), overlap.stop)
    return path.departed


def _stopped(overlap: Overlap, pairs: Sequence[Pair], others: _Others) -> Generator[Wanted, Run, None]:
    """Stop each statement of each operation half-way, and let the others run meanwhile."""
    everyone = tuple(range(len(overlap.operations)))
    for worker in _distinct(overlap):
        steps = pairs[0][0].interleaving.steps
        statements = sum(step.worker == worker and step.kind == "statement" for step in steps)
        rest = [each for each in everyone if each != worker]
        for number in range(min(statements, MOST_STATEMENTS)):
            stop = (worker, number)
            run = yield Wanted(everyone, serial((worker, *rest)), stop)
            if run.interleaving.ending == "completed":
                others.add(run, stop)


def _distinct(overlap: Overlap) -> tuple[int, ...]:
    return tuple(dict.fromkeys(overlap.kinds))


def _distinct_orders(overlap: Overlap) -> Sequence[tuple[int, ...]]:
    """The serial orders, less those that differ only in which copy of an operation comes first."""
    same = overlap.kinds
    found = {tuple(same[worker] for worker in order): order for order in reversed(serial_orders(len(same)))}
    return tuple(sorted(found.values()))


def _unfit(pair: Pair) -> str:
    """Why operations that cannot even run one after the other cannot be judged."""
    run = next((run for run in pair if run.interleaving.ending != "completed"), None)
    if run is None:
        return ""
    return f"one after the other they do not come to their end: {run.interleaving.said or run.interleaving.ending}"


def _unlike(overlap: Overlap, pair: Pair) -> str:
    """Why what the first operation does at first is nothing like what it does in the test, in the same state."""
    first, ended = overlap.operations[0], pair[0].ended[0]
    if overlap.others or first.outcome != "returned" or ended is None or not ended.has_failed:
        return ""
    failed = next((error.bases[0] for error in ended.errors), "a failure")
    return f"{first.name} {UNLIKE.format(failed)}"


@dataclass(slots=True)
class _Others:
    """The runs that did not come out as a serial order, the smallest of each kind."""

    overlap: Overlap
    masks: Masks
    pairs: Sequence[Pair]
    tried: int = 0
    found: dict[tuple[str, Came], Run] = field(default_factory=dict)
    serial: frozenset[Came] = field(init=False)

    def __post_init__(self) -> None:
        self.serial = frozenset(self._came(first) for first, _ in self.pairs)

    def add(self, run: Run, stop: tuple[int, ...] = ()) -> None:
        """Keep a run if it is one of them."""
        run = replace(run, stop=stop)
        self.tried += 1
        came = self._came(run)
        if run.interleaving.ending == "completed" and (came in self.serial or self._is_as_in_order(run)):
            return
        key = (run.interleaving.ending, came)
        known = self.found.get(key)
        if known is None or _size(run) < _size(known):
            self.found[key] = run

    def are_alike(self, one: Run, other: Run) -> bool:
        """Whether both came out as the same."""
        return one.interleaving.ending == other.interleaving.ending and self._came(one) == self._came(other)

    def _is_as_in_order(self, run: Run) -> bool:
        return any(comes_out_as(run, first, self.masks, self.overlap.kinds) for first, _ in self.pairs)

    def smallest(self) -> tuple[Run, ...]:
        """Those that were kept, the smallest first."""
        return tuple(sorted(self.found.values(), key=_size))

    def _came(self, run: Run) -> Came:
        return came_of(run, self.masks, self.overlap.kinds)


def _size(run: Run) -> tuple[int, int]:
    """How much there is to read of a schedule."""
    schedule = run.interleaving.schedule
    switches = sum(one != other for one, other in pairwise(schedule))
    return switches, len(schedule)
