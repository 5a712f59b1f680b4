"""Recognises stand-ins: mocks that components call, and what ``patch`` and ``monkeypatch`` put in place.

A call that a component makes to a stand-in is a crossing too, into a callee of the kind ``stand-in``, which says whom
it stands for where that can be known: from the patched name, from the mock's spec, or else from the call site alone.
"""

from __future__ import annotations

import inspect
import unittest.mock as mock
from collections.abc import Iterator
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.seam import DRIVER
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.trampoline import Parameters
from dryfit.weave.weaver import Weaver

__tracebackhide__ = True


class StandIns:
    """Weaves ``unittest.mock`` and pytest's ``monkeypatch``; ``modules`` maps dotted module names to components."""

    def __init__(self, loop: Loop, weaver: Weaver, modules: dict[str, str]) -> None:
        self._loop = loop
        self._weaver = weaver
        self._modules = modules
        self._replaced: dict[int, tuple[object, str]] = {}
        self._callees: dict[tuple[str, str], Callee] = {}

    def weave(self) -> None:
        """Weave the places at which stand-ins are called, and those at which they are put in place."""
        here = Callee("<stand-in>", "unittest.mock", ("self", "args", "kwargs"), "stand-in")
        self._weaver.weave(mock.CallableMixin.__call__, here, begin=self._begin_mock)
        self._weaver.weave(mock.AsyncMockMixin._execute_mock_call, here, begin=self._begin_awaited)
        patcher = mock._patch  # what `patch` makes
        self._weaver.weave(patcher.__enter__, here, cross=self._patch_begins)
        self._weaver.weave(patcher.__exit__, here, cross=self._patch_ends)
        from _pytest.monkeypatch import MonkeyPatch  # only where tests run is there a monkeypatch

        self._weaver.weave(_function(MonkeyPatch.setattr), here, cross=self._monkeypatch_sets)
        self._weaver.weave(_function(MonkeyPatch.undo), here, cross=self._monkeypatch_undoes)

    # What is put in place of what.

    def _patch_begins(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        new = woven.function(*values)
        patcher = values[0]
        current = inspect.getattr_static(patcher.target, patcher.attribute, None)
        self._put(current, _dotted_name(patcher.temp_original, patcher.target, patcher.attribute))
        return new

    def _patch_ends(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        patcher = values[0]
        current = inspect.getattr_static(getattr(patcher, "target", None), patcher.attribute, None)
        try:
            return woven.function(*values)
        finally:
            self._take(current)

    def _monkeypatch_sets(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        monkeypatch = values[0]
        before = len(monkeypatch._setattr)
        result = woven.function(*values)
        for target, name, old in monkeypatch._setattr[before:]:
            self._put(inspect.getattr_static(target, name, None), _dotted_name(old, target, name))
        return result

    def _monkeypatch_undoes(self, woven: Woven, values: tuple[Any, ...]) -> Any:
        for target, name, _ in values[0]._setattr:
            self._take(inspect.getattr_static(target, name, None))
        return woven.function(*values)

    def _put(self, new: object, stands_for: str) -> None:
        """Remember a stand-in, and weave it where it is a function or class of the tests' own."""
        new = new.__func__ if isinstance(new, staticmethod | classmethod) else new
        if not stands_for or new is None:
            return
        self._replaced[id(new)] = (new, stands_for)
        behind = _mock_behind(new)
        if behind is not None:
            self._replaced[id(behind)] = (behind, stands_for)
        for function, name in _hand_written(new, stands_for):
            if self._loop.sites.owner(function.__code__.co_filename) is DRIVER:
                parameters = Parameters.of(function.__code__).names
                callee = self._callee(name, "function", parameters)
                self._weaver.weave(function, callee, begin=self._begin_hand_written)

    def _take(self, new: object) -> None:
        new = new.__func__ if isinstance(new, staticmethod | classmethod) else new
        self._replaced.pop(id(_mock_behind(new)), None)
        if self._replaced.pop(id(new), None) is not None:
            self._weaver.unweave([function for function, _ in _hand_written(new, "")])

    # Calls to what stands in.

    def _begin_mock(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        if issubclass(type(values[0]), mock.AsyncMockMixin):
            return None  # counted where it is awaited
        if _is_protocol(_state(values[0]).get("_mock_new_name")):
            return None  # Python asks a MagicMock whether it is true, how long it is, …
        return self._begin_awaited(woven, values, above, frame)

    def _begin_awaited(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        kind = type(values[0]).__name__
        return self._loop.begin_outside(self._callee(self._stands_for(values[0]), kind), values, above, frame)

    def _begin_hand_written(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        return self._loop.begin_outside(woven.callee, values, above, frame)

    def _stands_for(self, stand_in: object) -> str:
        """The dotted name that a mock stands for, or "" where only the call site can tell."""
        path: list[str] = []
        node: object | None = stand_in
        while node is not None:
            state = _state(node)
            known = self._replaced.get(id(node))
            root = known[1] if known else _spec_name(state.get("_spec_class"))
            if root:
                return ".".join([root, *reversed(path)])
            name = state.get("_mock_new_name") or state.get("_mock_name")
            if isinstance(name, str) and name not in {"", "()"}:
                path.append(name.rpartition(".")[2])
            node = state.get("_mock_new_parent")
        return ""

    def _callee(
        self, stands_for: str, kind: str, parameters: tuple[str, ...] = ("self", "args", "kwargs")
    ) -> Callee:
        key = (stands_for, kind)
        if key not in self._callees:
            self._callees[key] = Callee(
                component=self._component_of(stands_for),
                name=stands_for or kind,
                parameters=parameters,
                kind="stand-in",
                method=parameters[:1] == ("self",),
                stands_for=stands_for or "?",
            )
        return self._callees[key]

    def _component_of(self, name: str) -> str:
        while name:
            if name in self._modules:
                return self._modules[name]
            name = name.rpartition(".")[0]
        return ""


def _function(method: Any) -> FunctionType:
    function: FunctionType = inspect.unwrap(method)
    return function


def _state(node: object) -> dict[str, Any]:
    """A mock's own attributes, read past its ``__getattr__``."""
    state: dict[str, Any] = object.__getattribute__(node, "__dict__")
    return state


def _spec_name(spec: object) -> str:
    """The dotted name of a mock's class; where it is modelled on a function, its parent knows more."""
    known = isinstance(spec, type) and spec.__module__ != "builtins"
    return f"{spec.__module__}.{spec.__qualname__}" if known else ""  # type: ignore[attr-defined]


def _dotted_name(original: object, target: object, attribute: str) -> str:
    """The name under which the replaced thing is known: its own where it is a class or function, else its owner's."""
    original = (
        original.__func__ if isinstance(original, staticmethod | classmethod | MethodType) else original
    )
    if isinstance(original, type | FunctionType):
        return f"{original.__module__}.{original.__qualname__}"
    if isinstance(target, ModuleType):
        return f"{target.__name__}.{attribute}"
    owner = target if isinstance(target, type) else type(target)
    return f"{owner.__module__}.{owner.__qualname__}.{attribute}"


def _mock_behind(new: object) -> object | None:
    """The mock that a function with an automatic signature (``autospec``) calls."""
    return vars(new).get("mock") if isinstance(new, FunctionType) else None


def _is_protocol(name: object) -> bool:
    return isinstance(name, str) and name.startswith("__") and name.endswith("__")


def _hand_written(new: object, stands_for: str) -> Iterator[tuple[FunctionType, str]]:
    if isinstance(new, FunctionType):
        yield new, stands_for
    elif isinstance(new, type) and not issubclass(new, mock.NonCallableMock):
        for name, value in vars(new).items():
            function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            if isinstance(function, FunctionType):
                yield function, f"{stands_for}.{name}"
