"""The checks of which agreement with a hint is made: each gives ``None``, or what was found instead."""

from __future__ import annotations

import collections
import collections.abc
import datetime
import os
import types
import typing
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from dryfit.probes.membership import declares_only, has_virtual_subclasses, lasting_name, may_pretend
from dryfit.probes.parts import MOST_ITEMS
from dryfit.probes.statics import defines, derives, module_of, mro, type_name

Check = Callable[[object], str | None]
"""Gives ``None`` for agreement, or what was found instead."""

_PROMOTIONS: dict[type, tuple[type, ...]] = {
    float: (int,),
    complex: (int, float),
    bytes: (bytearray, memoryview),
}
"""PEP 484's numeric tower, and its bytes."""

_PLAIN = frozenset(map(id, (str, bytes, int, bool, type(None))))

_KNOWN = (
    *(int, float, complex, bool, str, bytes, bytearray, memoryview, type(None), range, slice),
    *(list, tuple, dict, set, frozenset, collections.deque, collections.OrderedDict, collections.defaultdict),
    *(Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    *(types.FunctionType, types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType),
)

# For each abstract class of the library, the known classes that are none of its subclasses.
ABSTRACT: dict[Any, tuple[type, ...]] = {
    cls: tuple(known for known in _KNOWN if not issubclass(known, cls))
    for cls in (
        os.PathLike,
        *(getattr(collections.abc, name) for name in collections.abc.__all__ if name != "Callable"),
    )
}


def anything(value: object) -> str | None:
    """Agree with every value."""
    return None


def instance(cls: type) -> Check:
    """An object of the class, or of one that PEP 484 takes for it, or of the one that it only adds annotations to."""
    wider = _PROMOTIONS.get(cls, ())
    if declares_only(cls):
        wider = (next(base for base in mro(cls) if not declares_only(base)),)

    def check(value: object) -> str | None:
        found = type(value)
        if derives(found, cls) or any(derives(found, other) for other in wider):
            return None
        if may_pretend(value) or has_virtual_subclasses(cls) or type_name(found) == type_name(cls):
            return None  # the same name is the same class, reloaded
        return lasting_name(found)

    return check


def abstract(cls: type) -> Check:
    """An object of an abstract class of the library."""
    known = ABSTRACT[cls]

    def check(value: object) -> str | None:
        found = type(value)
        # A class that nobody here knows may be registered, or have the methods: the builtin ones are known.
        return lasting_name(found) if any(found is other for other in known) else None

    return check


def callable_(value: object) -> str | None:
    """Agree with whatever can be called."""
    found = type(value)
    return None if may_pretend(value) or defines(found, "__call__") else lasting_name(found)


def never(value: object) -> str | None:
    """Agree with nothing."""
    return lasting_name(type(value))


def union(checks: list[Check]) -> Check:
    """What agrees with one of them; where none does, the longest of what they tell."""

    def check(value: object) -> str | None:
        found = [each(value) for each in checks]
        return None if None in found else max((text for text in found if text is not None), key=len)

    return check


def literal(allowed: tuple[object, ...]) -> Check:
    """One of these values."""

    def check(value: object) -> str | None:
        found = type(value)
        if any(value is other for other in allowed) or may_pretend(value):
            return None
        if id(found) not in _PLAIN:  # a subclass may well be equal, but cannot be asked
            return None if derives(found, str) or derives(found, int) else lasting_name(found)
        alike = [other for other in allowed if type(other) is found]
        if value in alike:
            return None
        return f"another {type_name(found)}" if alike else lasting_name(found)

    return check


def both(outer: Check, inner: Check) -> Check:
    """What agrees with both."""

    def check(value: object) -> str | None:
        return outer(value) or inner(value)

    return check


def either(one: Check, other: Check) -> Check:
    """What agrees with one of two."""

    def check(value: object) -> str | None:
        return one(value) and other(value)

    return check


def generic_alias(value: object) -> str | None:
    """Agree with ``list[int]``, ``int | None``, ``Literal["a"]`` and the like, which stand where a class does."""
    found = type(value)
    return None if module_of(found) in ("typing", "types") else lasting_name(found)


def items(inner: Check) -> Check:
    """The first items of a builtin container."""

    def check(value: object) -> str | None:
        if not _is_builtin(value, (list, tuple, set, frozenset, collections.deque)):
            return None
        return _first_wrong(value, list(islice(typing.cast(Iterable[object], value), MOST_ITEMS)), inner)

    return check


def pairs(key: Check, item: Check) -> Check:
    """The first keys and values of a builtin dictionary."""

    def check(value: object) -> str | None:
        if not _is_builtin(value, (dict, collections.OrderedDict, collections.defaultdict)):
            return None
        found = list(islice(typing.cast(dict[object, object], value).items(), MOST_ITEMS))
        wrong = _first_wrong(value, [name for name, _ in found], key)
        return wrong or _first_wrong(value, [each for _, each in found], item)

    return check


def places(inner: list[Check]) -> Check:
    """A tuple of so many items, each by its place."""

    def check(value: object) -> str | None:
        if type(value) is not tuple:
            return None
        if len(value) != len(inner):
            return f"tuple of {len(value)}"
        wrong = (each(item) for each, item in zip(inner, value, strict=True))
        return next((f"{text} in tuple" for text in wrong if text), None)

    return check


def typed_dict(cls: Any) -> Check:
    """A dictionary with the keys that must be there."""
    required = _required_keys(cls)

    def check(value: object) -> str | None:
        if type(value) is not dict:
            return None if derives(type(value), dict) or may_pretend(value) else lasting_name(type(value))
        keys = {key for key in value if type(key) is str}
        return next((f"dict without {key!r}" for key in required if key not in keys), None)

    return check


def _required_keys(cls: Any) -> list[str]:
    """Give the keys that must be there; ``NotRequired`` in an annotation that is a text is seen by its hint only."""
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - the annotations are expressions of the user's
        return []
    return sorted(
        key for key in cls.__required_keys__ if typing.get_origin(hints.get(key)) is not typing.NotRequired
    )


def _first_wrong(container: object, items: list[object], inner: Check) -> str | None:
    """Tell the first item that is wrong; of a set, whose order is chance, the first one by what is told of it."""
    wrong = (text for text in map(inner, items) if text)
    first = min(wrong, default=None) if _is_builtin(container, (set, frozenset)) else next(wrong, None)
    return f"{first} in {type_name(type(container))}" if first else None


def _is_builtin(value: object, classes: tuple[type, ...]) -> bool:
    return any(type(value) is cls for cls in classes)
