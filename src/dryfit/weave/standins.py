"""Recognises stand-ins: mocks that components call, and what tests put in place or hand in.

A call that a component makes to a stand-in is a crossing too, into a callee of the kind ``stand-in``, which says whom
it stands for where that can be known: from the patched name, from the mock's spec, from the parameter that it was
handed in as, or else from the call site alone.

What is learned of stand-ins beyond their crossings is collected in facts: what was replaced, how that declares itself,
and with which arguments the stand-in was called. Each one is told for the first tests that show it.
"""

from __future__ import annotations

import sys
import unittest.mock as mock
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, cast

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.seam import DRIVER
from dryfit.model.stand_in import Replacement, StandInCall, StandInFact
from dryfit.weave.fakes import Roles, own_methods
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.mocks import is_protocol, is_used, mock_behind, state_of
from dryfit.weave.originals import describe, function_of, is_a
from dryfit.weave.patchers import Patchers
from dryfit.weave.replaced import (
    Replaced,
    by_spec,
    dotted_name,
    is_method,
    is_named,
    is_static,
    module_name,
    owner_of,
    target_of,
)
from dryfit.weave.trampoline import Parameters
from dryfit.weave.weaver import Weaver
from dryfit.weave.written import Signature, written

__tracebackhide__ = True

REPLACEMENT = "replacement"
"""The kind of stand-in that is no mock: a function or class that somebody wrote."""

ASYNC_REPLACEMENT = "async replacement"
"""The same where it is a coroutine function."""

Asked = Callable[[Crossing, FunctionType, CodeType], None]
"""Is shown each call of a hand-written stand-in: the crossing, the function, and the code that its author wrote."""

MOST_TESTS = 8
"""For how many tests the same fact is told."""


class StandIns:
    """Weaves mocks, and what tests write in place of a callable; ``modules`` maps dotted module names to components."""

    def __init__(self, loop: Loop, weaver: Weaver, modules: dict[str, str]) -> None:
        self._loop = loop
        self._weaver = weaver
        self._modules = modules
        self._roles = Roles(modules)
        self._replaced: dict[int, list[Replaced]] = {}
        self._injected: dict[int, Replaced] = {}
        self._fakes: dict[int, weakref.ref[type]] = {}
        self._callees: dict[tuple[str, str, tuple[str, ...]], Callee] = {}
        self._counts: Counter[StandInFact] = Counter()
        self._facts: list[StandInFact] = []
        self.asked: Asked | None = None

    def weave(self) -> None:
        """Weave the places at which stand-ins are called, and those at which they are put in place."""
        self._fakes.clear()
        here = Callee("<stand-in>", "unittest.mock", ("self", "args", "kwargs"), "stand-in")
        self._weaver.weave(mock.CallableMixin.__call__, here, begin=self._begin_mock)
        self._weaver.weave(mock.AsyncMockMixin._execute_mock_call, here, begin=self._begin_awaited)
        Patchers(self._loop, self._weaver, self).weave(here)

    def begin_test(self) -> None:
        """What the last test handed in is kept no longer."""
        self._injected.clear()

    def told(self) -> tuple[StandInFact, ...]:
        """What was learned since this was asked last."""
        facts, self._facts = tuple(self._facts), []
        return facts

    # What is put in place of what.

    def put(self, new: object, original: object, target: object, attribute: str) -> None:
        """``new`` stands for ``original`` from now on, which was the attribute of a module, class or object."""
        self._stand(new, self._replacing(original, target, attribute))

    def put_in_dict(self, new: object, original: object) -> None:
        """The same for a value of a dictionary."""
        name = dotted_name(original if is_named(original) else type(original))
        self._stand(new, Replaced(name, original, False, ""))

    def _replacing(self, original: object, target: object, attribute: str) -> Replaced:
        """The name under which the replaced thing is known: its own where it is a class, a function, or an object of a
        component's class, else its owner's."""
        owner, where = owner_of(target), target_of(target, attribute)
        has_receiver = type(original) is MethodType
        bound = is_a(owner, type) and not is_static(owner, attribute, original)
        in_class = bound and owner is target
        original = original.__func__ if is_method(original) else original  # type: ignore[attr-defined]
        below = self._replaced.get(id(original))
        if below:  # a stand-in is replaced by another one
            return Replaced(below[-1].name, below[-1].original, below[-1].bound, where, in_class=in_class)
        if is_named(original):
            name = dotted_name(original)
        elif module_name(type(original)) in self._modules:
            name = dotted_name(type(original))
        else:
            name = where
        return Replaced(name, original, has_receiver or bound, where, in_class=in_class)

    def _is_written_by_tests(self, original: object) -> bool:
        """Whether what is replaced is a function of the tests' own: it is as good a stand-in as the next."""
        if type(original) is not FunctionType:
            return False
        return self._loop.sites.owner(self._weaver.own_code(original.__code__).co_filename) is DRIVER

    def _stand(self, new: object, replaced: Replaced) -> None:
        """Remember a stand-in, and weave it where it is a function or class of the tests' own."""
        new = new.__func__ if is_method(new) else new  # type: ignore[attr-defined]
        if new is None or self._is_written_by_tests(replaced.original):
            return
        replaced.stand_in = new
        standing = self._replaced.setdefault(id(new), [])
        standing.append(replaced)
        behind = mock_behind(new)
        if behind is not None:
            self._replaced[id(behind)] = standing
        woven = [self._weave_hand_written(each, standing, path) for each, path in _hand_written(new)]
        replaced.watched = type(new) is FunctionType and (standing[0].watched or any(woven))

    def take(self, new: object, place: str) -> None:
        """``new`` stands no more in the place that bears this dotted name, "" for a dictionary."""
        new = new.__func__ if is_method(new) else new  # type: ignore[attr-defined]
        standing = self._replaced.get(id(new), [])
        replaced = next((each for each in reversed(standing) if each.target == place), None)
        if replaced is None:
            return
        standing.remove(replaced)
        self._tell_of(replaced)
        if not standing:
            del self._replaced[id(new)]
            self._replaced.pop(id(mock_behind(new)), None)
            self._weaver.unweave([function for function, _ in _hand_written(new)])

    def _tell_of(self, replaced: Replaced) -> None:
        """Tell what the stand-in was, and whether anybody used it."""
        new = replaced.stand_in
        node = new if is_a(new, mock.NonCallableMock) else mock_behind(new)
        used = is_used(node) if node is not None else replaced.called or not replaced.watched
        if replaced.target and callable(replaced.original):
            kind = type(node).__name__ if node is not None else REPLACEMENT
            self._tell(Replacement(replaced.target, replaced.name, kind, used, self._loop.test.test))

    def _weave_hand_written(self, function: FunctionType, standing: list[Replaced], path: str) -> bool:
        if self._loop.sites.owner(function.__code__.co_filename) is not DRIVER:
            return False
        parameters = Parameters.of(function.__code__).names
        callee = self._callee(standing[0], path, REPLACEMENT, parameters)
        wrote = _HandWritten(weakref.ref(function), function.__code__, Signature.of(function))
        begin = partial(self._begin_hand_written, wrote, standing, path)
        return self._weaver.weave(function, callee, begin=begin)

    # What tests hand in.

    def meet(self, crossing: Crossing) -> None:
        """Look at what a test hands to a component, whether it stands in for a class of the project."""
        for name, value in zip(crossing.callee.parameters, crossing.values, strict=False):
            if is_a(value, mock.NonCallableMock):
                self._meet_mock(crossing.callee, name, value)
            elif _is_of_tests(type(value)):
                self._meet_fake(crossing.callee, name, type(value))

    def _meet_mock(self, callee: Callee, parameter: str, value: object) -> None:
        if not self._stands_for(value)[0]:
            role = self._roles.annotated(callee, parameter)
            if role is not None:
                self._injected[id(value)] = Replaced(role.name, role.cls, False, "", value)

    def _meet_fake(self, callee: Callee, parameter: str, fake: type) -> None:
        known = self._fakes.get(id(fake))
        if known is not None and known() is fake:
            return
        self._fakes[id(fake)] = weakref.ref(fake)
        role = self._roles.played_by(fake)
        if role is None:
            annotated = self._roles.annotated(callee, parameter)
            role = annotated if annotated is not None and annotated.cls not in fake.__mro__ else None
        if role is not None:
            for name, function in own_methods(fake):
                self._weave_hand_written(function, [Replaced(role.name, role.cls, False, "")], name)

    # Calls to what stands in.

    def _begin_mock(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        if is_protocol(state_of(values[0]).get("_mock_new_name")):
            return None  # Python asks a MagicMock whether it is true, how long it is, …
        crossing = self._begin_awaited(woven, values, above, frame)
        if crossing is not None:
            positional = len(values[1]) - self._is_given_receiver(values[0])
            self._tell_call(crossing, type(values[0]).__name__, positional, tuple(sorted(values[2])))
        is_async = is_a(values[0], mock.AsyncMockMixin)
        return None if is_async else crossing  # that one is counted where it is awaited

    def _is_given_receiver(self, node: object) -> bool:
        """Whether a mock gets its receiver as an argument: from the function in a class behind which it stands."""
        standing = self._replaced.get(id(node), [])
        return bool(standing) and standing[-1].in_class and standing[-1].stand_in is not node

    def _begin_awaited(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        callee = self._callee(*self._stands_for(values[0]), type(values[0]).__name__)
        return self._loop.begin_outside(callee, values, above, frame)

    def _begin_hand_written(
        self,
        wrote: _HandWritten,
        standing: list[Replaced],
        path: str,
        woven: Woven,
        values: tuple[Any, ...],
        above: Crossing,
        frame: FrameType,
    ) -> Crossing | None:
        own = wrote.signature
        meant = _meant(standing, path, frame)
        for each in meant:
            each.called = True
        stood_for = meant[0] if len({each.name for each in meant}) == 1 else None
        callee = self._callee(stood_for, path, REPLACEMENT, woven.callee.parameters)
        crossing = self._loop.begin_outside(callee, values, above, frame)
        if crossing is not None:
            self._show(crossing, wrote)
            kind = ASYNC_REPLACEMENT if own.asynchronous else REPLACEMENT
            name = callee.stands_for.rpartition(".")[2]
            direct = crossing.site.code is frame.f_code
            call = written(frame.f_code, frame.f_lasti, name) if direct else None
            if call is not None:
                self._tell_call(crossing, kind, call.positional, call.keywords)
            else:
                self._tell_call(crossing, kind, 0, own.given(values), bound=True)
        return crossing

    def _show(self, crossing: Crossing, wrote: _HandWritten) -> None:
        function = wrote.function()
        if self.asked is not None and function is not None:
            self.asked(crossing, function, wrote.code)

    def _tell_call(
        self,
        crossing: Crossing,
        kind: str,
        positional: int,
        keywords: tuple[str, ...],
        *,
        bound: bool = False,
    ) -> None:
        seam, site = crossing.seam, crossing.site.place
        self._tell(StandInCall(seam, site, kind, positional, keywords, crossing.test, bound))

    def _tell(self, fact: Replacement | StandInCall) -> None:
        """Tell a fact for the first tests that show it."""
        kind = replace(fact, test="")
        if self._counts[kind] < MOST_TESTS:
            self._counts[kind] += 1
            self._facts.append(fact)

    def _stands_for(self, stand_in: object) -> tuple[Replaced | None, str]:
        """What a mock stands for, and the path from there; where only the call site can tell, the path alone."""
        path: list[str] = []
        node: object | None = stand_in
        while node is not None:
            state = state_of(node)
            standing = self._replaced.get(id(node), [])
            if len({each.name for each in standing}) > 1:
                break  # the same mock in several places
            known = standing[-1] if standing else self._injected.get(id(node))
            known = known or by_spec(state.get("_spec_class"))
            if known:
                return known, ".".join(reversed(path))
            name = state.get("_mock_new_name") or state.get("_mock_name")
            if isinstance(name, str) and name not in {"", "()"}:
                path.append(name.rpartition(".")[2])
            node = state.get("_mock_new_parent")
        return None, ".".join(reversed(path))

    def _callee(
        self,
        replaced: Replaced | None,
        path: str,
        kind: str,
        parameters: tuple[str, ...] = ("self", "args", "kwargs"),
    ) -> Callee:
        name = ".".join(part for part in (replaced.name if replaced else "", path) if part)
        key = (name if replaced else f"?{path}", kind, parameters)
        if key not in self._callees:
            original, bound = (None, False) if replaced is None else replaced.member(path)
            described = (
                describe(name, original, bound=bound, own_code=self._weaver.own_code)
                if replaced is not None
                else None
            )
            if described is not None:
                self._facts.append(described)
            self._callees[key] = Callee(
                component=self._component_of(name) if replaced else "",
                name=name or kind,
                parameters=parameters,
                kind="stand-in",
                method=parameters[:1] == ("self",),
                function=None if "<locals>" in name else function_of(original),  # callees outlive a test
                stands_for=name if replaced else "?",
            )
        return self._callees[key]

    def _component_of(self, name: str) -> str:
        while name:
            if name in self._modules:
                return self._modules[name]
            name = name.rpartition(".")[0]
        return ""


@dataclass(frozen=True, slots=True)
class _HandWritten:
    """A function that stands in, weakly, and what its author wrote: while it is woven it has other code."""

    function: weakref.ref[FunctionType]
    code: CodeType
    signature: Signature


def _meant(standing: list[Replaced], path: str, frame: FrameType) -> list[Replaced]:
    """Those of the replaced that a call means: where one stand-in replaces several, the one whose name it calls."""
    if path or len(standing) < 2:
        return standing
    named = [each for each in standing if written(frame.f_code, frame.f_lasti, each.called_as) is not None]
    return named or standing


def _is_of_tests(cls: type) -> bool:
    """Whether a class may be one of the tests' own: no library's, and not one that pytest collects."""
    return module_name(cls) not in sys.stdlib_module_names and not cls.__name__.startswith("Test")


def _hand_written(new: object) -> Iterator[tuple[FunctionType, str]]:
    """The functions of a stand-in that is no mock, each with its path."""
    if is_a(new, FunctionType):
        yield cast(FunctionType, new), ""
        if is_a(wrapped := vars(new).get("__wrapped__"), FunctionType):
            yield from _hand_written(wrapped)  # in a recorder of calls, as `pretend` makes them
    elif is_a(new, type) and not issubclass(cast(type, new), mock.NonCallableMock):
        for name, value in vars(new).items():
            function = value.__func__ if is_method(value) else value
            if is_a(function, FunctionType):
                yield function, name
