"""Proposes operations of different tests that are run at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dryfit.checks.experiments import below
from dryfit.checks.writers import Writer, Writes, prepared
from dryfit.model.interleaving import Operation, Overlap
from dryfit.model.trial import Crossed, Trial

MOST_PAIRS = 2
"""So many pairs of one kind are tried: the second one where its tests have more in common."""

MOST_PARTNERS = 3
"""With so many kinds of others an operation is tried."""

ENOUGH = 2
"""So many operations that differ by their arguments alone are remembered."""

ACROSS = 2
"""The rank: what tests do themselves comes first."""

Pair = tuple[Writes, Writes]
Closeness = tuple[bool, int]
"""Whether two tests stand in one file, and how many fixtures they have in common."""


@dataclass(frozen=True, slots=True)
class _Performed:
    """An operation, and the test that performs it."""

    test: str
    fixtures: frozenset[str]
    writer: Writer

    @property
    def operation(self) -> Operation:
        """With its number from where the test's body begins."""
        operation = self.writer.operation
        return replace(operation, nth=operation.nth - self.writer.earlier, test=self.test)


class AcrossTests:
    """Pairs the operations of one test after the other with those of the tests before it.

    Of interest are those on one component that change the same tables, keys, or objects of one class, or of which each
    reads what the other one changes.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._known: defaultdict[Writes, list[_Performed]] = defaultdict(list)
        self._alike: defaultdict[object, set[str]] = defaultdict(set)
        self._tried: defaultdict[Pair, list[Closeness]] = defaultdict(list)
        self._partners: defaultdict[Writes, set[Writes]] = defaultdict(set)

    def plan(self, baseline: Trial, writers: Sequence[Writer]) -> tuple[Overlap, ...]:
        """What to try in this test, of which these are the operations that write."""
        fixtures = frozenset(baseline.fixtures)
        own = [_Performed(baseline.test, fixtures, each) for each in writers]
        found = tuple(overlap for each in own for overlap in self._overlaps(each))
        for each in own:
            self._remember(each)
        return found

    def _remember(self, here: _Performed) -> None:
        """Of those that are alike for whatever comes two are enough, with other arguments: the suite may be large."""
        givens = self._alike[here.writer.does, here.writer.spots, _file(here.test), here.fixtures]
        if len(givens) < ENOUGH and here.writer.given not in givens:
            givens.add(here.writer.given)
            self._known[here.writer.does].append(here)

    def _overlaps(self, here: _Performed) -> Iterator[Overlap]:
        """With the closest of each kind of others."""
        for known in list(self._known.values()):
            met = [there for there in known if _meet(here, there)]
            there = max(met, key=lambda there: _closeness(here, there), default=None)
            if there is not None and self._is_wanted(_pair(here, there), _closeness(here, there)):
                yield self._overlap(here, there)

    def _is_wanted(self, pair: Pair, closeness: Closeness) -> bool:
        tried = self._tried[pair]
        if len(tried) == MOST_PAIRS or (tried and closeness <= max(tried)):
            return False
        one, other = pair
        if not tried and max(len(self._partners[one]), len(self._partners[other])) >= MOST_PARTNERS:
            return False
        tried.append(closeness)
        self._partners[one].add(other)
        self._partners[other].add(one)
        return True

    def _overlap(self, here: _Performed, there: _Performed) -> Overlap:
        """The operations in an order that does not depend on which test came first."""
        both = sorted((here, there), key=lambda each: (each.writer.does, each.test))
        return Overlap(
            here.test,
            tuple(each.operation for each in both),
            lines=any(each.writer.is_in_memory for each in both),
            seed=self._seed,
            rank=ACROSS,
        )


def _pair(one: _Performed, other: _Performed) -> Pair:
    first, second = sorted((one.writer.does, other.writer.does))
    return first, second


def _meet(one: _Performed, other: _Performed) -> bool:
    """Whether two operations may stand in each other's way, and are not the same twice."""
    here, there = one.writer, other.writer
    return (
        _component(here) == _component(there)
        and here.operation.kind == there.operation.kind
        and (not here.spots.isdisjoint(there.spots) or (_reads(here, there) and _reads(there, here)))
        and (here.does != there.does or here.given != there.given)
    )


def _reads(one: Writer, other: Writer) -> bool:
    """Whether an operation reads what the other one changes."""
    return any(place.rpartition(".")[2].lower() in one.reads for _, place in other.spots)


def _component(writer: Writer) -> str:
    return writer.operation.seam.callee if writer.operation.seam is not None else ""


def _closeness(one: _Performed, other: _Performed) -> Closeness:
    return _file(one.test) == _file(other.test), len(one.fixtures & other.fixtures)


def _file(test: str) -> str:
    return test.partition("::")[0]


def baseline(overlap: Overlap, baselines: Mapping[str, Trial]) -> Trial:
    """The baseline trials of several tests as one, in which there are their operations alone, in their order."""
    crossings: list[Crossed] = []
    for operation in overlap.operations:
        trial = baselines[operation.test]
        for entry in _entries(operation, trial):
            inside = (entry, *below(trial, entry))
            numbers = {each.index: len(crossings) + number for number, each in enumerate(inside)}
            crossings += [
                replace(each, index=numbers[each.index], parent=numbers.get(each.parent, -1))
                for each in inside
            ]
    return replace(baselines[overlap.test], crossings=tuple(crossings))


def _entries(operation: Operation, trial: Trial) -> Iterator[Crossed]:
    """Those that belong to an operation: a request may have several."""
    entries = [each for each in trial.crossings if each.parent < 0]
    if operation.kind == "request":
        yield from (each for each in entries if each.request == operation.nth + trial.asked)
    else:
        yield from entries[operation.nth + prepared(trial) :][:1]
