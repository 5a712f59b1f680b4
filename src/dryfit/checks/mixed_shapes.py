"""DF103 mixed-shapes: one parameter receives incompatible shapes from different callers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from dryfit.checks.annotations import allows_many
from dryfit.checks.calls import CallSites
from dryfit.checks.judgement import Judgement, find
from dryfit.checks.names import plain, short, tail, words
from dryfit.checks.seams import tests_by_behaviour
from dryfit.checks.sorts import ONE_TYPE, RISKY, SAME_INFORMATION, forms_within, same_record, sort_of
from dryfit.model.finding import Fact, Finding, Severity
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.shape import Form
from dryfit.model.structure import Parameter, ProjectMap
from dryfit.model.trace import Argument, Behaviour, Observations

_GENERIC = frozenset({
    "any", "arg", "args", "default", "kwargs", "message", "msg", "obj", "object", "thing", "v", "value", "x",
})  # fmt: skip
"""Names of parameters that take anything by intention, where no annotation says more."""

_CONVERTS = frozenset({
    "as", "cast", "coerce", "convert", "ensure", "normalise", "normalize", "parse", "to",
})  # fmt: skip
"""First words of the names of callables that make one type of many."""

MANY_TYPES = 4
"""A parameter that is seen to take so many types, besides ``None``, was made to."""


@dataclass(frozen=True, slots=True)
class _Passed:
    """One sort of value that a behaviour passes at one path of a parameter; ``owned`` if an object holds it."""

    sort: str
    form: Form
    owned: bool
    behaviour: Behaviour

    @property
    def seam(self) -> Seam:
        return self.behaviour.seam

    @property
    def site(self) -> Place:
        return self.behaviour.site

    @property
    def by_test(self) -> bool:
        return self.seam.caller == DRIVER


Slot = tuple[str, str, str]
"""A callable's plain name, a parameter, and a path within its values."""


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each pair of shapes that one parameter gets from call sites which never pass the other shape.

    An error where the same information comes in two types from two call sites of components; a warning where one
    side is a test, rests on a stand-in, sits inside an object, or where the callee may well cope with both. A type
    that an annotation speaks of is left to DF202, which knows what the annotation allows.
    """
    sites, components = CallSites(project), {component.name for component in project.components}
    tests, takers = tests_by_behaviour(observations), _takers_of_many(observations.behaviours)
    findings = [
        _finding(slot, left, right, tests, copes=slot[:2] in takers or _converts(slot[0]))
        for slot, passed in _slots(observations.behaviours, components).items()
        for left, right in _clashes(passed)
        if not _is_allowed(slot, _declared(slot, sites), {left[0].sort, right[0].sort})
    ]
    return Judgement(findings=tuple(findings))


def _slots(behaviours: Iterable[Behaviour], components: set[str]) -> dict[Slot, list[_Passed]]:
    slots: dict[Slot, list[_Passed]] = defaultdict(list)
    for behaviour in behaviours:
        if behaviour.seam.callee in components and not _provoked(behaviour):
            for argument in behaviour.arguments:
                for path, passed in _passed(behaviour, argument):
                    slots[plain(behaviour.seam.callable), argument.name, path].append(passed)
    return slots


def _converts(callable_name: str) -> bool:
    return not _CONVERTS.isdisjoint(words(tail(callable_name))[:1])


def _takers_of_many(behaviours: Iterable[Behaviour]) -> set[tuple[str, str]]:
    """The parameters, each after its callable, that take values of many types."""
    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for behaviour in behaviours:
        for argument in behaviour.arguments if behaviour.outcome == "returned" else ():
            types[plain(behaviour.seam.callable), argument.name].add(argument.type)
    return {taker for taker, seen in types.items() if len(seen - {"NoneType"}) >= MANY_TYPES}


def _provoked(behaviour: Behaviour) -> bool:
    """Whether a test passes the value and gets an exception for it, as tests of error handling do."""
    return behaviour.seam.caller == DRIVER and behaviour.outcome == "raised"


def _passed(behaviour: Behaviour, argument: Argument) -> Iterator[tuple[str, _Passed]]:
    for path, form, owned in forms_within(argument.shape):
        sort = sort_of(form)
        if sort or form.kind in ("mapping", "object"):
            yield path, _Passed(sort or form.type, form, owned, behaviour)


def _declared(slot: Slot, sites: CallSites) -> Parameter | None:
    interface = sites.interface(slot[0])
    parameters = interface.parameters if interface else ()
    return next((parameter for parameter in parameters if parameter.name == slot[1]), None)


def _is_allowed(slot: Slot, parameter: Parameter | None, sorts: set[str]) -> bool:
    if parameter is not None and parameter.kind in ("var-positional", "var-keyword"):
        return True
    if parameter is None or not parameter.annotation:
        return slot[1] in _GENERIC
    return allows_many(parameter.annotation) or (not slot[2] and sorts != ONE_TYPE)


def _clashes(passed: list[_Passed]) -> Iterator[tuple[list[_Passed], list[_Passed]]]:
    """The pairs of sorts that do not mix, each with the call sites that pass only this one of the two."""
    by_sort: dict[str, list[_Passed]] = defaultdict(list)
    for each in passed:
        by_sort[each.sort].append(each)
    for left, right in combinations(sorted(by_sort), 2):
        if _incompatible(by_sort[left][0], by_sort[right][0]):
            only_left, only_right = _apart(by_sort[left], by_sort[right])
            if only_left and only_right and not all(each.by_test for each in only_left + only_right):
                yield only_left, only_right


def _incompatible(left: _Passed, right: _Passed) -> bool:
    pair = frozenset((left.sort, right.sort))
    return pair in SAME_INFORMATION or pair in RISKY or same_record(left.form, right.form)


def _apart(left: list[_Passed], right: list[_Passed]) -> tuple[list[_Passed], list[_Passed]]:
    both = {each.site for each in left} & {each.site for each in right}
    return [each for each in left if each.site not in both], [each for each in right if each.site not in both]


def _finding(
    slot: Slot,
    left: list[_Passed],
    right: list[_Passed],
    tests: dict[str, set[str]],
    *,
    copes: bool,
) -> Finding:
    name, argument, path = slot
    first = _odd_one_out(left, right)
    return find(
        "DF103",
        first.seam,
        first.site,
        f"{argument}{path} {left[0].sort} {right[0].sort}",
        f"{argument}{path} of {short(name, first.seam.callee)} in {first.seam.callee} is"
        f" {_sources(left, right)}.",
        severity="warning" if copes else _severity(left, right),
        tests=set[str]().union(*(tests[each.behaviour.key] for each in left + right)),
        evidence=(
            Fact("parameter", f"{argument}{path}"),
            Fact(left[0].sort, _lines(left)),
            Fact(right[0].sort, _lines(right)),
        ),
    )


def _odd_one_out(left: list[_Passed], right: list[_Passed]) -> _Passed:
    """What fewer lines of the program pass; of as many, within one caller the later line, else the first caller's."""
    by_program = [[each for each in side if not each.by_test] for side in (left, right)]
    sides = sorted(filter(None, by_program), key=lambda side: len({each.site for each in side}))
    if len(sides) == 2 and len({each.site for each in sides[0]}) == len({each.site for each in sides[1]}):
        one, other = map(_first, sides)
        last = max if one.seam == other.seam else min
        return last(one, other, key=_order)
    return _first(sides[0])


def _first(passed: list[_Passed]) -> _Passed:
    return min(passed, key=_order)


def _order(passed: _Passed) -> tuple[bool, Seam, Place]:
    return passed.by_test, passed.seam, passed.site


def _sources(left: list[_Passed], right: list[_Passed]) -> str:
    one, other = _first(left), _first(right)
    if one.seam.caller == other.seam.caller:
        return f"{one.sort} at {one.site} and {other.sort} at {other.site}"
    return f"{one.sort} from {_who(one)} and {other.sort} from {_who(other)}"


def _who(passed: _Passed) -> str:
    return "a test" if passed.by_test else passed.seam.caller


def _lines(passed: list[_Passed]) -> tuple[str, ...]:
    return tuple(str(place) for place in sorted({each.site for each in passed}))


def _severity(left: list[_Passed], right: list[_Passed]) -> Severity:
    if frozenset((left[0].sort, right[0].sort)) not in SAME_INFORMATION:
        return "warning"
    return "error" if any(map(_is_solid, left)) and any(map(_is_solid, right)) else "warning"


def _is_solid(passed: _Passed) -> bool:
    return not (passed.by_test or passed.behaviour.weak or passed.owned)
