"""Stand-ins beside what they stand for: each seam that tests cross against them, with the evidence of the real one.

Whom a stand-in stands for is known from the run, or else from the source: from the call at that place, or, where the
parameter has no annotation either, from the methods that are called on it, if one class of another component alone has
them all.
"""

from __future__ import annotations

import builtins
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from dryfit.checks.calls import CallSites
from dryfit.checks.names import plain, short, tail
from dryfit.checks.seams import Line, line, tests_by_behaviour
from dryfit.model.contract import Contract
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.shape import NOTHING, Form, Shape, join_all
from dryfit.model.stand_in import ClassFacts, Original, Replacement, StandInCall
from dryfit.model.structure import Interface, Parameter, ProjectMap
from dryfit.model.trace import Behaviour, Observations, Violation

Shown = Behaviour | StandInCall | Violation
"""What shows a stand-in at work."""

Source = Literal["this run", "below a stand-in", "an earlier run", "the contract", "nothing"]


@dataclass(frozen=True, slots=True)
class Real:
    """What is known of the callable that is stood in for, wherever that is from.

    ``behaviours`` are crossings that it answered itself; ``source`` says where they were seen. ``returned`` joins what
    they gave, ``NOTHING`` where they say nothing of it.
    """

    name: str
    component: str
    original: Original | None
    interface: Interface | None
    behaviours: tuple[Behaviour, ...]
    returned: Shape
    source: Source

    @property
    def parameters(self) -> tuple[Parameter, ...] | None:
        """The signature, without the receiver, where it is known."""
        if self.original is not None and self.original.parameters is not None:
            return self.original.parameters
        return self.interface.parameters if self.interface is not None and self.interface.bindable else None

    @property
    def kind(self) -> str:
        """``function``, ``coroutine``, ``generator``, ``async generator`` or ``other``."""
        if self.original is not None:
            return self.original.kind
        if self.interface is None or not self.interface.bindable:
            return "other"
        if self.interface.generator:
            return "generator"
        return "coroutine" if self.interface.asynchronous else "function"

    @property
    def called(self) -> str:
        """How a sentence names it."""
        return f"{short(self.name, self.component)} of {self.component}"

    @property
    def known_from(self) -> str:
        """Where the evidence is from, for people."""
        return {"this run": "what the real one did in this run", "nothing": "its annotation"}.get(
            self.source, f"what the real one did: {self.source}"
        )

    @property
    def raised(self) -> frozenset[str]:
        """The exceptions that it was seen to raise, by their types' names."""
        return frozenset(each.result_type for each in self.behaviours if each.outcome == "raised")

    @property
    def is_seen(self) -> bool:
        """Whether it was seen, and not only with a stand-in below."""
        return self.source in ("this run", "an earlier run", "the contract")


@dataclass(frozen=True, slots=True)
class Mocked:
    """One caller of one callable that tests replaced: how the stand-ins were called, and what they answered."""

    caller: str
    real: Real
    behaviours: tuple[Behaviour, ...]
    calls: tuple[StandInCall, ...]
    violations: tuple[Violation, ...]

    @property
    def seam(self) -> Seam:
        """The seam that the stand-ins hide."""
        return Seam(self.caller, self.real.component, self.real.name)


class Evidence:
    """Everything that a run shows of stand-ins and of those they stand for.

    ``earlier`` are crossings of earlier runs, ``contract`` is what the project has agreed on: both are asked only about
    what this run does not show.
    """

    def __init__(
        self,
        project: ProjectMap,
        observations: Observations,
        earlier: Iterable[Behaviour] = (),
        contract: Contract | None = None,
    ) -> None:
        self._sites = CallSites(project)
        self._components = {each.name for each in project.components}
        self._interfaces = project.interfaces
        self._names = {each.name for each in project.interfaces}
        self._contract = contract
        self.tests = tests_by_behaviour(observations)
        facts = observations.incidents
        self.originals = {each.name: each for each in facts if isinstance(each, Original)}
        self.classes = {each.name: each for each in facts if isinstance(each, ClassFacts)}
        self.replacements = [each for each in facts if isinstance(each, Replacement)]
        self._calls = [each for each in facts if isinstance(each, StandInCall)]
        self._violations = [each for each in facts if isinstance(each, Violation) and each.stand_in]
        self._stand_ins = [each for each in observations.behaviours if each.stand_in]
        self._now = _by_name(each for each in observations.behaviours if not each.stand_in)
        self._earlier = _by_name(each for each in earlier if not each.stand_in and not each.weak)
        self._at = _by_line(each for each in observations.behaviours if not each.stand_in)
        self._methods = _methods_asked([*self._stand_ins, *self._calls])
        self._partners = _partners(each for each in observations.behaviours if not each.stand_in)

    def mocked(self) -> tuple[Mocked, ...]:
        """Every caller with every callable that it found a stand-in of, sorted."""
        found: dict[tuple[str, str], list[Shown]] = defaultdict(list)
        shown_at_all: list[Shown] = [*self._stand_ins, *self._calls, *self._violations]
        for each in shown_at_all:
            name = self._stood_for(each.seam, each.site)
            if name and each.seam.caller != DRIVER:
                found[each.seam.caller, name].append(each)
        return tuple(
            Mocked(
                caller,
                self.real(name),
                tuple(each for each in shown if isinstance(each, Behaviour)),
                tuple(each for each in shown if isinstance(each, StandInCall)),
                tuple(each for each in shown if isinstance(each, Violation)),
            )
            for (caller, name), shown in sorted(found.items())
        )

    def unknown(self) -> dict[str, int]:
        """How many calls of each component went to stand-ins of which nobody knows whom they stand for."""
        return Counter(
            each.seam.caller
            for each in self._calls
            if each.seam.caller != DRIVER and not self._stood_for(each.seam, each.site)
        )

    def real(self, name: str) -> Real:
        """What is known of a callable."""
        found, source = self._seen(name)
        kept = tuple(found)
        interface = self._sites.interface(name)
        component = interface.component if interface is not None else self.component_of(name)
        real = Real(name, component, self.originals.get(name), interface, kept, NOTHING, source)
        if real.kind in ("generator", "async generator") or self._is_class(name):
            return real  # what comes of such a call is not what it gives
        returned = join_all(_result(each) for each in kept if each.outcome == "returned")
        if source == "nothing":
            returned = self._agreed(name)
        return replace(
            real,
            returned=returned,
            source="the contract" if source == "nothing" and returned.forms else source,
        )

    def real_at(self, place: Place, name: str) -> tuple[Behaviour, ...]:
        """What was answered for real at the very place, under the name or by an override of it."""
        return tuple(each for each in self._at[line(place)] if tail(each.seam.callable) == tail(name))

    def related(self, one: str, other: str) -> bool:
        """Whether one of two classes derives from the other, as far as is known."""
        return one == other or other in self._bases(one) or one in self._bases(other)

    def _bases(self, name: str) -> tuple[str, ...]:
        if name in self.classes:
            return self.classes[name].bases
        builtin = getattr(builtins, name, None)
        return tuple(base.__name__ for base in builtin.__mro__[1:]) if isinstance(builtin, type) else ()

    def _seen(self, name: str) -> tuple[list[Behaviour], Source]:
        found = self._now[plain(name)]
        strong = [each for each in found if not each.weak]
        if strong:
            return strong, "this run"
        if self._earlier[plain(name)]:
            return self._earlier[plain(name)], "an earlier run"
        return (found, "below a stand-in") if found else ([], "nothing")

    def _agreed(self, name: str) -> Shape:
        """The types that the contract has for what a callable returns; whatever is inside is left open."""
        if self._contract is None:
            return NOTHING
        types = {term.type for term in self._contract.terms if _is_result(term.callable, term.where, name)}
        return Shape(tuple(Form(type_, "cut") for type_ in sorted(types)))

    def _stood_for(self, seam: Seam, place: Place) -> str:
        """The dotted name of the real one, "" where nobody knows."""
        name = seam.callable
        if name in self.originals or seam.callee:
            return plain(name)
        sites = self._sites.on(place, seam.caller)
        named = {plain(site.callable) for site in sites if tail(site.callable) == tail(name)}
        if len(named) == 1:
            return named.pop()
        return self._by_methods(seam.caller, place, tail(name))

    def _by_methods(self, caller: str, place: Place, method: str) -> str:
        """The one class that has all the methods which this code calls on unknown stand-ins, of those it was seen to
        call for real."""
        asked = self._methods[_code(caller, place)]
        partners = self._partners[_code(caller, place)]
        owners: dict[str, set[str]] = defaultdict(set)
        for each in self._interfaces:
            owner, _, last = each.name.rpartition(".")
            if each.component != caller and owner in partners:
                owners[owner].add(last)
        found = [owner for owner, methods in owners.items() if method in methods and asked <= methods]
        return f"{found[0]}.{method}" if len(found) == 1 else ""

    def is_of_project(self, name: str) -> bool:
        """Whether a component defines what has this dotted name."""
        return self.component_of(name) in self._components

    def component_of(self, name: str) -> str:
        """The component that a dotted name leads to; for what is outside of the project its outermost package."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            if ".".join(parts[:end]) in self._components:
                return ".".join(parts[:end])
        return parts[0]

    def _is_class(self, name: str) -> bool:
        original = self.originals.get(name)
        return f"{name}.__init__" in self._names or (original is not None and original.kind == "other")


def _by_name(behaviours: Iterable[Behaviour]) -> Mapping[str, list[Behaviour]]:
    found: dict[str, list[Behaviour]] = defaultdict(list)
    for behaviour in behaviours:
        found[plain(behaviour.seam.callable)].append(behaviour)
    return found


def _by_line(behaviours: Iterable[Behaviour]) -> Mapping[Line, list[Behaviour]]:
    found: dict[Line, list[Behaviour]] = defaultdict(list)
    for behaviour in behaviours:
        found[line(behaviour.site)].append(behaviour)
    return found


def _methods_asked(asked: Iterable[Behaviour | StandInCall]) -> Mapping[tuple[str, str, str], set[str]]:
    """By caller, file and outermost scope: the methods that are called on stand-ins of which nobody knows the name."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for each in asked:
        if not each.seam.callee:
            found[_code(each.seam.caller, each.site)].add(tail(each.seam.callable))
    return found


def _partners(behaviours: Iterable[Behaviour]) -> Mapping[tuple[str, str, str], set[str]]:
    """By caller, file and outermost scope: what the called methods and functions belong to."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for each in behaviours:
        found[_code(each.seam.caller, each.site)].add(plain(each.seam.callable).rpartition(".")[0])
    return found


def _code(caller: str, place: Place) -> tuple[str, str, str]:
    return (caller, place.file, place.function.partition(".")[0])


def _is_result(callable_name: str, where: str, name: str) -> bool:
    return where == "return" and plain(callable_name) == plain(name)


def _result(behaviour: Behaviour) -> Shape:
    return behaviour.result if behaviour.result.forms else Shape((Form(behaviour.result_type, "cut"),))


def asked_about(mocked: Iterable[Mocked]) -> Iterator[tuple[Place, str]]:
    """The calls of which it matters what their callers do with the results: place and last part of the name."""
    for each in mocked:
        for behaviour in each.behaviours:
            yield behaviour.site, tail(each.real.name)
        for call in each.calls:
            yield call.site, tail(each.real.name)
