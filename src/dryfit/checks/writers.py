"""The operations of a test that write: what they are, what each does, and on what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dryfit.checks.experiments import below
from dryfit.checks.names import plain
from dryfit.model.digest import MEMORY, Spot, diff
from dryfit.model.interleaving import Operation, OperationKind
from dryfit.model.trial import Crossed, Effected, Trial

_HALVES = (".__enter__", ".__exit__", ".__aenter__", ".__aexit__", ".__del__")

Writes = tuple[str, tuple[str, ...]]
"""An operation, and from where it writes."""


@dataclass(frozen=True, slots=True)
class Writer:
    """An entry of a test, as an operation.

    ``does`` tells it from those that do something else, ``given`` is a digest of its arguments. ``spots`` are the
    tables, keys and classes whose contents it changes, ``reads`` the tables that it may read; ``earlier`` counts what
    the fixtures have started like it.
    """

    operation: Operation
    does: Writes
    given: str
    spots: frozenset[Spot]
    earlier: int
    reads: frozenset[str] = frozenset()

    @property
    def is_in_memory(self) -> bool:
        """Whether what it changes is in memory, and so may be changed between any two lines."""
        return any(source == MEMORY for source, _ in self.spots)


def writer(baseline: Trial, number: int, crossed: Crossed) -> Writer:
    """The entry of this number."""
    seam = crossed.point.seam
    kind: OperationKind = "request" if crossed.request >= 0 else "call"
    nth = crossed.request if crossed.request >= 0 else number
    return Writer(
        Operation(kind, nth, plain(seam.callable), seam, outcome=crossed.outcome),
        _writing(baseline, crossed),
        crossed.given,
        frozenset(_spots(baseline, number)),
        baseline.asked if kind == "request" else prepared(baseline),
        frozenset(name for each in below(baseline, crossed) for name in each.reads),
    )


def prepared(trial: Trial) -> int:
    """How many entries there were before the body of the test began."""
    return sum(each.prepares for each in trial.crossings if each.parent < 0)


def writes(trial: Trial, number: int, crossed: Crossed) -> bool:
    """Whether an entry changes what others can see: by what it did to the world, or by the state that it left."""
    if crossed.outcome != "returned" or crossed.prepares or makes(crossed) or _is_half(crossed):
        return False
    inside = {each.index for each in (crossed, *below(trial, crossed))}
    return any(each.crossing in inside for each in _lasting(trial)) or any(
        diff(each.before, each.after) for each in trial.boundaries if each.entry == number
    )


def _lasting(trial: Trial) -> Sequence[Effected]:
    """What a test has written for good; all of it where nothing is, for its fixtures hold a transaction around it."""
    return [each for each in trial.effects if each.fate == "lasting"] or trial.effects


def entries_of(trial: Trial) -> list[tuple[int, Crossed]]:
    """The entries of a test with their numbers, one for each request, which is one operation.

    What a framework calls for a request comes last, after what it needs: the last one that writes, where one does.
    """
    chosen: dict[int, tuple[int, Crossed]] = {}
    for number, crossed in enumerate(each for each in trial.crossings if each.parent < 0):
        key = crossed.request if crossed.request >= 0 else -1 - number
        if key not in chosen or writes(trial, number, crossed) or not writes(trial, *chosen[key]):
            chosen[key] = number, crossed
    return sorted(chosen.values(), key=lambda entry: entry[0])


def makes(crossed: Crossed) -> bool:
    """Whether it makes an object."""
    return crossed.point.seam.callable != plain(crossed.point.seam.callable)


def _is_half(crossed: Crossed) -> bool:
    """Whether it is the beginning or the end of a block, or of an object: nobody performs that by itself.

    What a generator does, a lifespan, say, lies on both sides of what its caller does meanwhile. A request is whole.
    """
    if crossed.is_generator and crossed.request < 0:
        return True
    return plain(crossed.point.seam.callable).endswith(_HALVES)


def _writing(trial: Trial, crossed: Crossed) -> Writes:
    seams = (each.point for each in below(trial, crossed) if each.effect in ("write", "send"))
    places = {f"{each.seam.caller} {each.site.function}" for each in seams}
    return plain(crossed.point.seam.callable), tuple(sorted(places))


def _spots(trial: Trial, number: int) -> Iterator[Spot]:
    """In memory it is the class, or the module, whose attributes are changed: those of one object belong together."""
    for boundary in trial.boundaries:
        if boundary.entry == number:
            for change in diff(boundary.before, boundary.after):
                is_memory = change.source == MEMORY
                yield change.source, change.place.rpartition(".")[0] if is_memory else change.place
