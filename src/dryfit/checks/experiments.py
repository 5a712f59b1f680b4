"""Proposes the experiments of the exceptions check: which fault, at which crossing of which test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count

from dryfit.checks.names import plain
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Observations
from dryfit.model.trial import Crossed, Experiment, Fault, Offer, Point, Trial

DOMAIN_ERROR = "domain-error"
"""The slug of a fault that is an exception of the project's own, or a builtin one that its source raises."""

MOST_TESTS = 2
"""In so many tests the same fault is tried at the same place below the same callers."""

MOST_REPEATS = 2
"""So many of the crossings of one seam from one site in one test are tried: the first ones, and the last one."""

MOST_DOMAIN_ERRORS = 3

WIRE_RANK = 3
"""Of all faults on the wire: they show what the ones before them cannot, and seldom find something."""

_MISTAKES = frozenset(
    f"builtins.{name}"
    for name in (
        *(
            "ArithmeticError",
            "AssertionError",
            "AttributeError",
            "GeneratorExit",
            "ImportError",
            "IndexError",
        ),
        *(
            "KeyboardInterrupt",
            "ModuleNotFoundError",
            "NameError",
            "NotImplementedError",
            "StopAsyncIteration",
        ),
        *("StopIteration", "SystemExit", "TypeError", "UnboundLocalError", "ZeroDivisionError"),
    )
)
"""Builtin exceptions that tell of a mistake in the program, or of nothing wrong at all."""

_ACCIDENTS = frozenset({"builtins.KeyError", "builtins.LookupError", "builtins.UnicodeDecodeError"})
"""Builtin exceptions that mean something only where the source raises them."""

Stack = tuple[tuple[Seam, str], ...]

NOBODY: Mapping[tuple[str, str], frozenset[str]] = {}


def known_failures(
    project: ProjectMap, observations: Observations, raised: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """The exceptions that a callable of the project is known to raise: from the source, and from what tests showed.

    What comes out of a generator may have been thrown into it: a context manager hands on what the block raised.
    What stands for something outside of the project raises what its test wants; an exception that a test module
    defines is none of the program's.
    """
    tests = {
        trace.test.partition("::")[0].removesuffix(".py").replace("/", ".") for trace in observations.traces
    }
    components = {component.name for component in project.components}
    generators = {plain(interface.name) for interface in project.interfaces if interface.generator}
    found: dict[str, set[str]] = {plain(name): set(each) for name, each in raised.items()}
    for behaviour in observations.behaviours:
        seam = behaviour.seam
        if (
            behaviour.outcome == "raised"
            and seam.callee in components
            and plain(seam.callable) not in generators
            and behaviour.result_type.rpartition(".")[0] not in tests
        ):
            name = (
                behaviour.result_type if "." in behaviour.result_type else f"builtins.{behaviour.result_type}"
            )
            found.setdefault(plain(behaviour.seam.callable), set()).add(name)
    stated = {plain(name): set(each) for name, each in raised.items()}
    return {
        name: tuple(sorted(each - _MISTAKES - (_ACCIDENTS - stated.get(name, set()))))
        for name, each in found.items()
    }


def shown_of(
    observations: Observations, raised: Mapping[str, tuple[str, ...]]
) -> Mapping[tuple[str, str], frozenset[str]]:
    """Of which classes the objects were whose method raised an exception, where only tests tell that it does.

    By method and exception. What one class's objects fail with, those of another one may know nothing of: they have
    other methods below, and other limits.
    """
    stated = {plain(name): set(each) for name, each in raised.items()}
    found: dict[tuple[str, str], set[str]] = {}
    for each in observations.behaviours:
        name = plain(each.seam.callable)
        exception = each.result_type if "." in each.result_type else f"builtins.{each.result_type}"
        if each.outcome == "raised" and exception not in stated.get(name, ()):
            first = each.arguments[0] if each.arguments else None
            found.setdefault((name, exception), set()).add(
                first.type if first and first.name == "self" else ""
            )
    return {key: frozenset(classes) for key, classes in found.items()}


class Planner:
    """Plans one test after the other, and remembers what it has planned: the same in a few tests is enough.

    ``failures`` are the exceptions of the project's callables, ``shown`` the classes whose objects were seen to raise
    them.
    """

    def __init__(
        self,
        failures: Mapping[str, tuple[str, ...]],
        shown: Mapping[tuple[str, str], frozenset[str]] = NOBODY,
    ) -> None:
        self._failures = failures
        self._shown = shown
        self._known: set[object] = set()
        self._tried: Counter[tuple[Stack, Offer]] = Counter()

    def plan(self, baseline: Trial) -> tuple[Experiment, ...]:
        """The experiments of one test, those first that tell most, and lost replies of writes before all others."""
        last = Counter(_where(crossed) for crossed in baseline.crossings)
        entry_of = entries(baseline)
        planned = [
            (crossed, offer, self._rank(crossed, offer, stack))
            for crossed in baseline.crossings
            if crossed.parent >= 0 and crossed.point.seam.caller != DRIVER
            if _is_chosen(crossed.point, last[_where(crossed)])
            for stack in (_stack(baseline, crossed),)
            for offer in self.offers(baseline, crossed)
            if self._tried[stack, offer] < MOST_TESTS
            if not (offer.fault.is_on_wire and crossed.point.nth > 1)  # the client is the same
        ]
        self._tried.update({(_stack(baseline, crossed), offer) for crossed, offer, _ in planned})
        planned.sort(key=lambda each: (each[2], not _loses_work(*each[:2])))
        return tuple(
            Experiment(baseline.test, crossed.point, offer.when, offer.fault, entry_of[crossed.index], rank)
            for crossed, offer, rank in planned
        )

    def _rank(self, crossed: Crossed, offer: Offer, stack: Stack) -> int:
        """How much of it is new: that this call fails, how it fails or from where it was reached, or nothing."""
        if offer.fault.is_on_wire:
            return WIRE_RANK
        news = ((_where(crossed), offer.when), (stack, offer))
        rank = next((rank for rank, each in enumerate(news) if each not in self._known), len(news))
        self._known.update(news)
        return rank

    def offers(self, baseline: Trial, crossed: Crossed) -> Iterator[Offer]:
        """What may go wrong at one crossing of a trial, the gravest first."""
        if crossed.offers:
            yield from crossed.offers
            return
        exceptions = self._exceptions(plain(crossed.point.seam.callable), crossed.receiver)
        effects = {each.effect for each in below(baseline, crossed)} - {"call"}
        if not effects and _has_been_asked(baseline, crossed):
            return
        loses_a_reply = not effects.isdisjoint(("write", "send"))
        for exception in exceptions:
            fault = Fault(DOMAIN_ERROR, exception, "injected by dryfit")
            if loses_a_reply:
                yield Offer("after", fault)
            yield Offer("before", fault)

    def _exceptions(self, name: str, receiver: str) -> tuple[str, ...]:
        """Those that a callable may raise for an object of this class ("" where there is none, or it is not known)."""
        known = self._failures.get(name, ())
        return tuple(
            each
            for each in known
            if not receiver or receiver in (shown := self._shown.get((name, each), {receiver})) or "" in shown
        )[:MOST_DOMAIN_ERRORS]


def _has_been_asked(trial: Trial, crossed: Crossed) -> bool:
    """Whether the same callable got the same before, for the same caller: what only computes gives the same again."""
    return any(
        each.given == crossed.given and each.outcome == "returned"
        for each in trial.crossings[: crossed.index]
        if each.parent == crossed.parent and each.point.seam.callable == crossed.point.seam.callable
    )


def below(trial: Trial, crossed: Crossed) -> Iterator[Crossed]:
    """The crossings below one, in the order in which they began."""
    inside = {crossed.index}
    for each in trial.crossings[crossed.index + 1 :]:
        if each.parent in inside:
            inside.add(each.index)
            yield each


def above(trial: Trial, crossed: Crossed) -> Iterator[Crossed]:
    """The crossings above one, the nearest first; the last one is the entry."""
    while crossed.parent >= 0:
        crossed = trial.crossings[crossed.parent]
        yield crossed


def _loses_work(crossed: Crossed, offer: Offer) -> bool:
    return crossed.effect in ("write", "send") and offer.when == "after"


def _where(crossed: Crossed) -> tuple[Seam, object]:
    return crossed.point.seam, crossed.point.site


def _is_chosen(point: Point, last: int) -> bool:
    return point.nth <= MOST_REPEATS or point.nth == last


def _stack(trial: Trial, crossed: Crossed) -> Stack:
    """Through which seams, from which functions, the crossing was reached."""
    path = (crossed, *above(trial, crossed))
    return tuple((each.point.seam, each.point.site.function) for each in path)


def entries(trial: Trial) -> Mapping[int, int]:
    """The number of the entry above each crossing."""
    numbers: dict[int, int] = {}
    begun = count()
    for crossed in trial.crossings:
        numbers[crossed.index] = numbers[crossed.parent] if crossed.parent >= 0 else next(begun)
    return numbers
