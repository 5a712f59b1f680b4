"""Whether it was the tests that brought a value into the program, rather than the program itself.

Tests hand in wrong values on purpose, and stand-ins that they write by hand answer as they please. Objects are followed
by identity, never asked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from types import FunctionType, GeneratorType, MethodType, ModuleType
from typing import cast

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.seam import DRIVER
from dryfit.model.test_modules import is_test_module
from dryfit.probes.parts import MOST_ITEMS
from dryfit.probes.statics import attributes, derives, is_library_class, module_of

MOST_NESTED = 3
MOST_BEHIND = 2
MOST_REACHED = 256
"""How many objects behind the arguments of one call are looked at."""

Declares = Callable[[Callee, str, object], bool]
"""Whether a callee's hint says of a parameter that it takes the value that it has."""


def handed_in(crossing: Crossing, name: str, value: object, declares: Declares) -> bool:
    """Whether a test handed in the very object that a component now passes on as parameter ``name``.

    Where a callable on the way declares that it takes such a value, the contradiction lies between the components,
    whoever made the value. ``None`` and booleans are everywhere: they count where the name is the same, too.
    A component that works for an object or a function of the tests' own may have the value from there.
    """
    above = crossing.parent
    if above is not None and any(map(_is_of_tests, above.values)):
        return True
    while above is not None and above.component != DRIVER:
        parameter = _parameter_with(above, name, value)
        if parameter is not None:
            if declares(above.callee, parameter[0], parameter[1]):
                return False
            if above.caller == DRIVER:
                return True
        above = above.parent
    return False


def rests_on_tests(crossing: Crossing) -> bool:
    """Whether an object or a function of the tests' own had a part in what comes of a call.

    It is among the arguments; or, where a test is who calls, held by one of them.
    """
    behind = _reached(crossing.values) if crossing.caller == DRIVER else iter(crossing.values)
    return any(map(_is_of_tests, behind))


def _parameter_with(crossing: Crossing, name: str, value: object) -> tuple[str, object] | None:
    everywhere = value is None or type(value) is bool
    for parameter, argument in zip(crossing.callee.parameters, crossing.values, strict=False):
        if everywhere and parameter != name:
            continue
        if argument is value or (not everywhere and _holds(argument, value, 0)):
            return parameter, argument
    return None


def _holds(container: object, value: object, depth: int) -> bool:
    return depth < MOST_NESTED and any(
        item is value or _holds(item, value, depth + 1) for item in _elements(container)
    )


def _elements(container: object) -> Iterator[object]:
    cls = type(container)
    if cls is dict:
        yield from list(islice(container.values(), MOST_ITEMS))  # type: ignore[attr-defined]
    elif cls is list or cls is tuple or cls is set:
        yield from list(islice(container, MOST_ITEMS))  # type: ignore[call-overload]
    elif cls is partial:
        yield from (container.func, *container.args, *container.keywords.values())  # type: ignore[attr-defined]


def _reached(values: tuple[object, ...]) -> Iterator[object]:
    """The values and what they hold, the nearest first."""
    known: set[int] = set()
    waiting = deque((value, 0) for value in values)
    while waiting and len(known) < MOST_REACHED:
        value, depth = waiting.popleft()
        if id(value) in known:
            continue
        known.add(id(value))
        yield value
        if depth < MOST_BEHIND and not any(derives(type(value), closed) for closed in _CLOSED):
            waiting.extend((item, depth + 1) for item in _elements(value))
            waiting.extend((item, depth + 1) for _, item in attributes(value))


def _is_of_tests(value: object) -> bool:
    if type(value) is MethodType:
        value = value.__func__
    if type(value) is FunctionType:
        return _is_test_name(value.__module__)
    if type(value) is GeneratorType:
        frame = value.gi_frame
        return frame is not None and _is_test_name(frame.f_globals.get("__name__"))
    if derives(type(value), type) and module_of(cast(type, value)) == "unittest.mock":
        return True  # a class of mocks, where an object is wanted
    cls = cast(type, value) if derives(type(value), type) else type(value)
    return not is_library_class(cls) and is_test_module(module_of(cls))


def _is_test_name(module: object) -> bool:
    return type(module) is str and is_test_module(module)


_CLOSED = (type, FunctionType, MethodType, ModuleType)
