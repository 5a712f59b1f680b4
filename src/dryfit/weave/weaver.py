"""Puts trampolines into functions, and puts the old code back."""

from __future__ import annotations

import gc
import inspect
import linecache
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from dryfit.model.annotations import EVALUATES
from dryfit.model.crossing import Callee, CalleeKind
from dryfit.model.trace import Skipped
from dryfit.weave.frames import HIDDEN, hidden
from dryfit.weave.loop import Begin, Loop, Woven
from dryfit.weave.trampoline import (
    FILE_MARK,
    KIND_FLAGS,
    Parameters,
    adapter,
    marked,
    named_after,
    trampoline,
)

Cross = Callable[[Woven, tuple[Any, ...]], Any]

_STACK_READERS = frozenset(
    {"_getframe", "_getframemodulename", "currentframe", "f_back", "extract_stack", "walk_stack"}
)
"""Names that a function uses when it looks at its own callers: a trampoline between them would be seen."""

_FRAMES_A_CALL = 4
"""What a woven call costs in frames where a bare one costs one."""

_OWN_FOLDER = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True, slots=True)
class _Place:
    """A woven function, weakly (weaving keeps no closure alive), the code that belongs in it, and what is in it."""

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
        self._callees: dict[tuple[str, str, tuple[str, ...], int], Callee] = {}
        self._readers: weakref.WeakSet[FunctionType] = weakref.WeakSet()
        self._inner: dict[int, tuple[CodeType, CodeType]] = {}
        self._born_as: dict[int, tuple[CodeType, CodeType]] = {}
        self._crossers: dict[tuple[Callable[..., Any], int], Callable[..., Any]] = {}
        self._recursion_limit = 0

    @property
    def count(self) -> int:
        """How many functions are woven now."""
        return len(self._places)

    def weave_components(self, candidates: Iterable[object] | None = None) -> None:
        """Weave every function of the components among ``candidates``, by default among all objects that live."""
        objects = gc.get_objects() if candidates is None else candidates
        functions = [each for each in objects if type(each) is FunctionType and self._is_ours(each)]
        self._readers.update(function for function in functions if _reads_stack(function.__code__))
        for function in functions:
            if self._would_see_us(function):
                self._skip(function, "looks at its own callers")
            else:
                self.weave(function, self._callee_of(function))

    def weave(
        self,
        function: Callable[..., object],
        callee: Callee,
        begin: Begin | None = None,
        cross: Cross | None = None,
    ) -> bool:
        """Put a trampoline into one function; false, with the reason recorded, where that cannot be.

        ``begin`` decides whether a call is a crossing, ``cross`` what is done instead; the loop's own by default.
        """
        assert isinstance(function, FunctionType)
        code = function.__code__
        if self.callee_of_code(code) is not None:
            return False
        try:
            replacement = self._trampoline(function, callee, begin or self.loop.begin, cross)
            function.__code__ = replacement
        except ValueError as reason:
            self._skip(function, str(reason))
            return False
        self._make_room()
        linecache.lazycache(replacement.co_filename, function.__globals__)
        key = id(function)
        forget = self._places.pop
        self._places[key] = _Place(weakref.ref(function, lambda _: forget(key, None)), code, replacement)
        return True

    def unweave(self, functions: Iterable[FunctionType] | None = None) -> None:
        """Put the old code back, everywhere or in ``functions``; code that somebody else has put there stays."""
        keys = list(self._places) if functions is None else [id(function) for function in functions]
        for key in keys:
            place = self._places.pop(key, None)
            function = place.function() if place is not None else None
            if place is not None and function is not None and function.__code__ is place.woven:
                function.__code__ = place.code
        if functions is None:
            self._unweave_born()
            self._give_room_back()

    def own_code(self, code: CodeType) -> CodeType:
        """The user's code in place of which this one stands; any other code as it is."""
        born = self._born_as.get(id(code))
        if born is not None:
            return born[1]
        return next((place.code for place in self._places.values() if place.woven is code), code)

    def _unweave_born(self) -> None:
        """Put their own code into the functions that were woven from their beginning, and still live."""
        for each in gc.get_objects() if self._born_as else ():
            if type(each) is FunctionType and id(each.__code__) in self._born_as:
                each.__code__ = self._born_as[id(each.__code__)][1]
        self._inner.clear()
        self._born_as.clear()

    def callee_of_code(self, code: CodeType) -> Callee | None:
        """Whom a trampoline, or what crosses into a coroutine, stands for; ``None`` for any other code."""
        for constant in reversed(code.co_consts) if code.co_filename.startswith(FILE_MARK) else ():
            if isinstance(constant, Woven):
                return constant.callee
            if isinstance(constant, Callee):
                return constant
        return None

    def _trampoline(
        self, function: FunctionType, callee: Callee, begin: Begin, cross: Cross | None, *, born: bool = False
    ) -> CodeType:
        """Make the code for ``function``, or where ``born`` for all functions that will be made of its code."""
        code = self._with_inner_woven(function)
        original = FunctionType(code, function.__globals__, function.__name__, None, function.__closure__)
        # The name of a coroutine or generator is its function's.
        original.__qualname__ = function.__qualname__
        lasting = _LASTING.get(code.co_flags & _LASTING_FLAGS)
        spread = None if Parameters.of(code).plain else adapter(code, self._hide)
        woven = Woven(
            callee=callee,
            function=original if spread is None else spread(original),
            component=callee.component,
            begin=begin,
            lasting=named_after(lasting, function, callee) if lasting is not None else None,
            spread=spread,
        )
        loop = self.loop
        constants = {
            "GET": loop.current.get,
            "COMPONENT": callee.component,
            "ORIGINAL": original,
            "CROSS": self._crosser(cross or (loop.cross if lasting is None else loop.call_lasting)),
            "WOVEN": woven,
            "CALLEE": callee,
            "PUT": loop.current.set,
            "INSTEAD": loop.instead_of,
            "ENDED": loop.ended,
            "GARBAGE": loop.garbage,
        }
        counts = cross is None and lasting is None
        inner = code if born and code.co_freevars else None
        return self._hide(trampoline(code, constants, counts=counts, inner=inner))

    def _with_inner_woven(self, function: FunctionType) -> CodeType:
        """Have the functions that a component's function will make be woven from the beginning."""
        return self._within(function.__code__, function) if self._is_ours(function) else function.__code__

    def _within(self, code: CodeType, outermost: FunctionType) -> CodeType:
        """The code with trampolines in place of the code of functions and lambdas that it makes, at any depth."""
        known = self._inner.get(id(code))
        if known is None:
            constants = tuple(
                self._born(each, code, outermost) if isinstance(each, CodeType) else each
                for each in code.co_consts
            )
            changed = any(new is not old for new, old in zip(constants, code.co_consts, strict=True))
            known = self._inner[id(code)] = (code, code.replace(co_consts=constants) if changed else code)
        return known[1]

    def _born(self, code: CodeType, maker: CodeType, outermost: FunctionType) -> CodeType:
        """What is to stand in place of code that functions will be made of; bodies of classes run as they are."""
        if not _is_of_function(code):
            return self._within(code, outermost)
        cells = tuple(CellType() for _ in code.co_freevars)
        sample = FunctionType(code, outermost.__globals__, code.co_name, None, cells)
        sample.__module__ = outermost.__globals__["__name__"]
        try:
            if self._would_see_us(sample):
                raise ValueError("looks at its own callers")
            if code.co_flags & inspect.CO_GENERATOR and "coroutine" in maker.co_names:
                # `types.coroutine` does so.
                raise ValueError("is made a coroutine by a change of its code")
            made = self._trampoline(sample, self._callee_of(sample), self.loop.begin, None, born=True)
        except ValueError as reason:
            self._skip(sample, str(reason))
            return self._within(code, outermost)
        linecache.lazycache(made.co_filename, sample.__globals__)
        self._born_as[id(made)] = (made, code)
        return made

    def _crosser(self, cross: Callable[..., Any]) -> Callable[..., Any]:
        """Copy a function or method that stands between two of the user's; one copy serves all that are woven."""
        key = (cross, self.loop.depth)
        if key not in self._crossers:
            function = getattr(cross, "__func__", cross)
            code = self._hide(marked(function.__code__))
            copy = FunctionType(code, function.__globals__, function.__name__)
            self._crossers[key] = MethodType(copy, cross.__self__) if isinstance(cross, MethodType) else copy
        return self._crossers[key]

    def _hide(self, code: CodeType) -> CodeType:
        return hidden(code) if self.loop.depth == HIDDEN else code

    def _would_see_us(self, function: FunctionType) -> bool:
        """Whether a function looks at its callers and would find a frame of ours, as a coroutine always does."""
        hides = self.loop.depth == HIDDEN and not function.__code__.co_flags & KIND_FLAGS
        reads = function in self._readers or _reads_stack(function.__code__)
        return not hides and (reads or _calls_one_of(self._readers, function))

    def _is_ours(self, function: FunctionType) -> bool:
        code = function.__code__
        file = code.co_filename
        is_written = self.loop.sites.is_component(file) and not file.startswith(_OWN_FOLDER)
        return is_written and code.co_name != EVALUATES

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
        # Overloads and other definitions of one name have hints of their own, so the line belongs to the key.
        key = (component, name, parameters, code.co_firstlineno)
        if key not in self._callees:
            self._callees[key] = Callee(
                component=component,
                name=name,
                parameters=parameters,
                kind=_KINDS[code.co_flags & _LASTING_FLAGS],
                method=parameters[:1] in {("self",), ("cls",), ("mcs",)},
                function=None if "<locals>" in name else function,
            )
        return self._callees[key]

    def _make_room(self) -> None:
        """Keep a recursion that fits into the stack fitting, though each of its calls takes more frames."""
        if not self._recursion_limit:
            self._recursion_limit = sys.getrecursionlimit()
            sys.setrecursionlimit(self._recursion_limit * _FRAMES_A_CALL)

    def _give_room_back(self) -> None:
        # Else the user has set another one since.
        if sys.getrecursionlimit() == self._recursion_limit * _FRAMES_A_CALL:
            sys.setrecursionlimit(self._recursion_limit)
        self._recursion_limit = 0

    def _skip(self, function: FunctionType, reason: str) -> None:
        self.skipped.add(Skipped(f"{function.__module__}.{function.__qualname__}", f"not woven: {reason}"))


_LASTING_FLAGS = KIND_FLAGS & ~inspect.CO_ITERABLE_COROUTINE

_KINDS: Mapping[int, CalleeKind] = {
    0: "function",
    inspect.CO_COROUTINE: "coroutine",
    inspect.CO_GENERATOR: "generator",
    inspect.CO_ASYNC_GENERATOR: "async generator",
}

_LASTING: Mapping[int, Any] = {
    inspect.CO_COROUTINE: Loop.coroutine,
    inspect.CO_GENERATOR: Loop.generator,
    inspect.CO_ASYNC_GENERATOR: Loop.async_generator,
}


def _is_of_function(code: CodeType) -> bool:
    """Whether code is a function's or lambda's: no class body, comprehension or scope of types."""
    own_scope = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS
    named = code.co_name == "<lambda>" or not code.co_name.startswith(("<", EVALUATES))
    return code.co_flags & own_scope == own_scope and named


def _reads_stack(code: CodeType) -> bool:
    names = set(code.co_names)
    return not names.isdisjoint(_STACK_READERS) or names.issuperset({"inspect", "stack"})


def _calls_one_of(readers: Iterable[FunctionType], function: FunctionType) -> bool:
    """Whether a function calls one that looks at its callers, as far as names tell: two frames deep is usual."""
    names = function.__code__.co_names
    for reader in readers:
        if reader.__name__ in names:
            known = function.__globals__.get(reader.__name__)
            same_module = reader.__globals__ is function.__globals__
            if known is reader or (known is None and same_module) or _in_module(reader, function):
                return True
    return False


def _in_module(reader: FunctionType, function: FunctionType) -> bool:
    """Whether a function names a module that holds the reader."""
    named = map(function.__globals__.get, function.__code__.co_names)
    return any(isinstance(each, ModuleType) and vars(each).get(reader.__name__) is reader for each in named)
