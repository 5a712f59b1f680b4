"""The contract that a run shows: types alone, from crossings that the real callee answered.

The exact types of arguments, results and exceptions are known of every crossing. What is inside a value was looked at
on the first crossings of each call site, and on ever fewer later ones. So it enters only where all were looked at:
otherwise the contract would depend on the order of the tests.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dryfit.checks.names import plain
from dryfit.checks.seams import between_components, tests_by_behaviour
from dryfit.model.contract import Contract, Term
from dryfit.model.seam import Place, Seam
from dryfit.model.shape import MORE, Form, Shape
from dryfit.model.structure import ProjectMap
from dryfit.model.test_modules import is_test_module
from dryfit.model.trace import Behaviour, Observations

RETURN, RAISE = "return", "raise"
ABSENT = "absent"

ALWAYS_LOOKED_AT = 4
"""So many crossings of a call site with the same types are looked at in any case (``probes.behaviours.Schedule``)…"""

CHEAP = 16
"""…if looking at all values of one crossing visits fewer than so many."""

_KEY = re.compile(r"[A-Za-z_]+(?:-[A-Za-z_]+)*\d?")
"""What looks like a field's name; keys that are ids, dates or numbers are data."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The contract, with the tests that showed each term, and the place and the callee of each seam.

    ``open`` are the places whose insides are not wholly known.
    """

    contract: Contract
    tests: dict[Term, set[str]]
    places: dict[tuple[str, str], tuple[str, Place]]
    open: frozenset[tuple[str, str, str]]


def learn(project: ProjectMap, observations: Observations) -> Learned:
    """Put together what the components were seen to hand each other."""
    components = {component.name for component in project.components}
    shown = tests_by_behaviour(observations)
    real = [
        each for each in observations.behaviours if _is_evidence(each, components) and shown.get(each.key)
    ]
    known = _wholly_known(real, observations)
    terms: dict[Term, set[str]] = defaultdict(set)
    places: dict[tuple[str, str], tuple[str, Place]] = {}
    unknown: set[tuple[str, str, str]] = set()
    for behaviour in sorted(real, key=lambda each: (each.seam, each.site)):
        caller, name = behaviour.seam.caller, plain(behaviour.seam.callable)
        places.setdefault((caller, name), (behaviour.seam.callee, behaviour.site))
        for where, type_, shape in _values(behaviour):
            terms[Term(caller, name, where, type_)] |= shown[behaviour.key]
            if behaviour.key not in known:
                unknown.add((caller, name, where))
            for path, found in _inside(shape):
                terms[Term(caller, name, f"{where}{path}", found)] |= shown[behaviour.key]
    kept = {term for term in terms if not _is_within(term, unknown) and not _is_noise(term)}
    return Learned(Contract(frozenset(kept)), dict(terms), places, frozenset(unknown))


def _is_evidence(behaviour: Behaviour, components: set[str]) -> bool:
    return not behaviour.stand_in and not behaviour.weak and between_components(behaviour.seam, components)


def _wholly_known(behaviours: list[Behaviour], observations: Observations) -> set[str]:
    """The behaviours of which every crossing was looked at, by their keys."""
    counts: Counter[str] = Counter()
    for trace in observations.traces:
        for crossing in trace.crossings:
            counts[crossing.behaviour] += crossing.count
    groups: dict[tuple[Seam, Place, tuple[str, ...]], list[Behaviour]] = defaultdict(list)
    for each in behaviours:
        groups[each.seam, each.site, tuple(argument.type for argument in each.arguments)].append(each)
    return {
        each.key
        for group in groups.values()
        if sum(counts[each.key] for each in group) <= ALWAYS_LOOKED_AT
        for each in group
        if _cost(each) < CHEAP
    }


def _cost(behaviour: Behaviour) -> float:
    shapes = [behaviour.result, *(argument.shape for argument in behaviour.arguments)]
    return sum(_weight(shape) for shape in shapes)


def _weight(shape: Shape) -> float:
    """How many values a look at such a value visits, at most."""
    return sum(
        1
        + sum(_weight(inner) for _, inner in form.fields)
        + (max(form.high or 0, 1) * _weight(form.items) if form.items else 0)
        for form in shape.forms
    )


def _values(behaviour: Behaviour) -> Iterator[tuple[str, str, Shape]]:
    for argument in behaviour.arguments:
        yield argument.name, argument.type, argument.shape
    if behaviour.outcome == "raised":
        yield RAISE, behaviour.result_type, Shape(())
    else:
        yield RETURN, behaviour.result_type, behaviour.result


def _inside(shape: Shape) -> Iterator[tuple[str, str]]:
    """Paths within a value with their types. An object is told by its class alone: what it holds is its own affair."""
    for form in shape.forms:
        for name, inner, lacking in _fields(form):
            if lacking:
                yield name, ABSENT
            for each in inner.forms:
                yield name, _type(each)
            for path, type_ in _inside(inner):
                yield f"{name}{path}", type_


def _fields(form: Form) -> Iterator[tuple[str, Shape, bool]]:
    """Paths of what a container holds, and whether that is lacking at times."""
    if form.items is not None:
        yield "[]", form.items, False
    if form.kind == "tuple":
        yield from ((f"[{name}]", inner, name in form.optional) for name, inner in form.fields)
    elif form.kind == "mapping" and _is_record(form):
        yield from ((f".{name}", inner, name in form.optional) for name, inner in form.fields)
    elif form.kind == "mapping":
        yield from (("{}", inner, False) for _, inner in form.fields)


def _is_record(form: Form) -> bool:
    return MORE not in form.formats and all(_KEY.fullmatch(name) for name, _ in form.fields)


def _type(form: Form) -> str:
    return f"{form.type} ({form.formats[0]})" if form.kind == "time" and len(form.formats) == 1 else form.type


def _is_within(term: Term, unknown: set[tuple[str, str, str]]) -> bool:
    """Whether it is the inside of a value that is not wholly known."""
    place = re.split(r"[.\[{]", term.where, maxsplit=1)[0]
    return place != term.where and (term.caller, term.callable, place) in unknown


def _is_noise(term: Term) -> bool:
    """Stand-ins, and classes of tests or that a function makes, are no agreement; what a bound left out is nobody's."""
    made = "<locals>" in term.type or is_test_module(term.type.rpartition(".")[0])
    return term.type.startswith("unittest.mock.") or made or term.type == MORE
