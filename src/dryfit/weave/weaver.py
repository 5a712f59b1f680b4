"""Puts trampolines into functions, and puts the old code back."""

from __future__ import annotations

import gc
import inspect
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from dryfit.model.crossing import Callee, CalleeKind
from dryfit.model.trace import Skipped
from dryfit.weave.loop import Begin, Loop, Woven
from dryfit.weave.trampoline import FILE_MARK, Parameters, adapter, trampoline

Cross = Callable[[Woven, tuple[Any, ...]], Any]

_STACK_READERS = frozenset(
    {"_getframe", "_getframemodulename", "currentframe", "f_back", "extract_stack", "walk_stack"}
)
"""Names that a function uses when it looks at its own callers: a trampoline between them would be seen."""

_FRAMES_A_CALL = 3
"""What a woven call costs in frames where a bare one costs one."""

_KIND_FLAGS = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_OWN_FOLDER = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True, slots=True)
class _Place:
    """A woven function (weakly: weaving keeps no closure alive), the code that belongs in it, and the one that is in it."""

    function: weakref.ref[FunctionType]
    code: CodeType
    woven: CodeType


class Weaver:
    """Weaves functions into a loop. ``modules`` maps dotted module names to the names of their components."""

    def __init__(self, loop: Loop, modules: Mapping[str, str]) -> None:
        self.loop = loop
        self.skipped: set[Skipped] = set()
        self._modules = {module: sys.intern(component) for module, component in modules.items()}
        self._places: dict[int, _Place] = {}
        self._callees: dict[tuple[str, str, tuple[str, ...]], Callee] = {}
        self._recursion_limit = 0

    @property
    def count(self) -> int:
        """How many functions are woven now."""
        return len(self._places)

    def weave_components(self, candidates: Iterable[object] | None = None) -> None:
        """Weave every function of the components among ``candidates``, by default among all objects that live."""
        objects = gc.get_objects() if candidates is None else candidates
        functions = [each for each in objects if type(each) is FunctionType and self._is_ours(each)]
        readers = _stack_readers(functions)
        for function in functions:
            if function.__name__ in readers or _reads_stack(function.__code__):
                self._skip(function, "looks at its own callers")
            else:
                self.weave(function, self._callee_of(function))

    def weave(
        self, function: FunctionType, callee: Callee, begin: Begin | None = None, cross: Cross | None = None
    ) -> bool:
        """Put a trampoline into one function; false, with the reason recorded, where that cannot be.

        ``begin`` decides whether a call is a crossing, ``cross`` what is done instead of one; the loop's own by default.
        """
        code = function.__code__
        if code.co_filename.startswith(FILE_MARK):
            return False
        self._make_room()
        original = FunctionType(code, function.__globals__, function.__name__, None, function.__closure__)
        component = callee.component
        woven = Woven(callee, adapter(code, original), component, begin or self.loop.begin)
        constants = {
            "GET": self.loop.current.get,
            "COMPONENT": component,
            "ORIGINAL": original,
            "CROSS": cross or self._cross_for(code),
            "WOVEN": woven,
        }
        try:
            replacement = trampoline(code, constants)
            function.__code__ = replacement
        except ValueError as reason:
            self._skip(function, str(reason))
            return False
        key = id(function)
        self._places[key] = _Place(
            weakref.ref(function, lambda _: self._places.pop(key, None)), code, replacement
        )
        return True

    def unweave(self, functions: Iterable[FunctionType] | None = None) -> None:
        """Put the old code back, everywhere or in ``functions``; code that somebody else has put there stays."""
        keys = list(self._places) if functions is None else [id(function) for function in functions]
        for key in keys:
            place = self._places.pop(key, None)
            function = place.function() if place is not None else None
            if place is not None and function is not None and function.__code__ is place.woven:
                function.__code__ = place.code
        if functions is None and self._recursion_limit:
            sys.setrecursionlimit(self._recursion_limit)
            self._recursion_limit = 0

    def callee_of_code(self, code: CodeType) -> Callee | None:
        """Whom a trampoline's code stands for; ``None`` for any other code."""
        for constant in code.co_consts if code.co_filename.startswith(FILE_MARK) else ():
            if isinstance(constant, Woven):
                return constant.callee
        return None

    def _is_ours(self, function: FunctionType) -> bool:
        file = function.__code__.co_filename
        return self.loop.sites.is_component(file) and not file.startswith(_OWN_FOLDER)

    def _callee_of(self, function: FunctionType) -> Callee:
        """Name a function as its callers know it: a decorator that says whom it wraps stands for that one."""
        code = function.__code__
        module = (
            function.__module__ if function.__module__ in self._modules else function.__globals__["__name__"]
        )
        owner = self.loop.sites.owner(code.co_filename)
        component = self._modules.get(module) or owner or module
        name = f"{module}.{function.__qualname__}"
        parameters = Parameters.of(code).names
        key = (component, name, parameters)
        if key not in self._callees:
            self._callees[key] = Callee(
                component=component,
                name=name,
                parameters=parameters,
                kind=_KINDS[code.co_flags & _KIND_FLAGS],
                method=parameters[:1] in {("self",), ("cls",), ("mcs",)},
                function=None if "<locals>" in name else function,
            )
        return self._callees[key]

    def _cross_for(self, code: CodeType) -> Cross:
        loop = self.loop
        crosses: dict[int, Cross] = {
            inspect.CO_COROUTINE: loop.call_coroutine,
            inspect.CO_GENERATOR: loop.call_generator,
            inspect.CO_ASYNC_GENERATOR: loop.call_async_generator,
        }
        return crosses.get(code.co_flags & _KIND_FLAGS, loop.call)

    def _make_room(self) -> None:
        """Keep a recursion that fits into the stack fitting, though each of its calls takes more frames."""
        if not self._recursion_limit:
            self._recursion_limit = sys.getrecursionlimit()
            sys.setrecursionlimit(self._recursion_limit * _FRAMES_A_CALL)

    def _skip(self, function: FunctionType, reason: str) -> None:
        self.skipped.add(Skipped(f"{function.__module__}.{function.__qualname__}", f"not woven: {reason}"))


_KINDS: Mapping[int, CalleeKind] = {
    0: "function",
    inspect.CO_COROUTINE: "coroutine",
    inspect.CO_GENERATOR: "generator",
    inspect.CO_ASYNC_GENERATOR: "async generator",
}


def _reads_stack(code: CodeType) -> bool:
    names = set(code.co_names)
    return not names.isdisjoint(_STACK_READERS) or names.issuperset({"inspect", "stack"})


def _stack_readers(functions: Iterable[FunctionType]) -> frozenset[str]:
    """Names of the functions that look at their callers, and of those that call one: two frames deep is what is usual."""
    codes = {function.__name__: function.__code__ for function in functions}
    readers = {name for name, code in codes.items() if _reads_stack(code)}
    callers = {name for name, code in codes.items() if not readers.isdisjoint(code.co_names)}
    return frozenset(readers | callers) if readers else frozenset()
