"""Copies of plain values, made without running the user's code.

Plain are builtin scalars and containers, ``Decimal``, dates and times, ``UUID``, members of enums, and named tuples,
dataclasses and ``SimpleNamespace`` objects of these. Nothing is asked for ``__copy__``, ``__reduce__``, ``__eq__`` or a
property; keys and elements of sets are scalars, or tuples of them, so that no ``__hash__`` of the user's is called.
"""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Hashable, Iterator
from decimal import Decimal
from types import MemberDescriptorType, SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from dryfit.probes.statics import attributes, defines, derives, instance_dict, mro, namespace, type_name

MOST_VALUES = 500
MOST_DEPTH = 8
LONGEST_TEXT = 20_000

_SCALARS = frozenset(
    map(
        id,
        (
            *(type(None), bool, int, float, complex, str, bytes, Decimal, uuid.UUID),
            *(dt.date, dt.datetime, dt.time, dt.timedelta),
        ),
    )
)
_ZONES = (type(None), dt.timezone, ZoneInfo)


class NotPlainError(Exception):
    """A value that cannot be copied: its text says what it is."""


def copied(value: object) -> Any:
    """Copy a plain value; raises ``NotPlainError`` for any other, and for one that is too large."""
    try:
        return _Copying().value(value, 0)
    except RuntimeError:  # "changed size during iteration"
        raise NotPlainError("a value that another thread changes") from None


def copied_instance(value: object) -> Any:
    """Copy an object of any class written in Python whose attributes are plain; raises ``NotPlainError``."""
    return _Copying().instance(value, 0)


def likeness(value: object) -> Hashable:
    """What is equal for equal plain values of the same types; raises ``NotPlainError`` for values that are not."""
    return _likeness(copied(value))


class _Copying:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def value(self, value: Any, depth: int) -> Any:
        cls = type(value)
        self._left -= len(value) if cls is set or cls is frozenset else 1
        if self._left < 0 or depth > MOST_DEPTH:
            raise NotPlainError("a value that is too large")
        if id(cls) in _SCALARS:
            return _scalar(value)
        if derives(cls, enum.Enum):
            return value
        if cls is list or cls is tuple:
            return cls([self.value(item, depth + 1) for item in list(value)])
        if cls is dict:
            return {_key(key): self.value(item, depth + 1) for key, item in list(value.items())}
        if cls is set or cls is frozenset:
            return cls([_key(item) for item in list(value)])
        if cls is SimpleNamespace:
            return cls(**{name: self.value(item, depth + 1) for name, item in list(vars(value).items())})
        if derives(cls, tuple) and defines(cls, "_fields"):
            return tuple.__new__(cls, [self.value(item, depth + 1) for item in tuple.__iter__(value)])
        if defines(cls, "__dataclass_fields__"):
            return self.instance(value, depth)
        raise NotPlainError(_named(cls))

    def instance(self, value: object, depth: int) -> object:
        cls = type(value)
        try:
            made = object.__new__(cls)
        except TypeError:  # it derives from a class that is written in C
            raise NotPlainError(f"a value of type {type_name(cls)}") from None
        for name, item in attributes(value):
            _set(made, name, self.value(item, depth + 1))
        return made


def _named(cls: type) -> str:
    """What to call a value of this class; dryfit's own stand where a library's were."""
    name = type_name(cls)
    return "a function of a library" if name.startswith("dryfit.") else f"a value of type {name}"


def _scalar(value: Any) -> object:
    cls = type(value)
    if cls in (str, bytes) and len(value) > LONGEST_TEXT:
        raise NotPlainError("a value that is too large")
    if cls in (dt.datetime, dt.time) and type(value.tzinfo) not in _ZONES:
        raise NotPlainError(f"a time in the zone of a {type_name(type(value.tzinfo))}")
    return value  # none of them can be changed


def _key(key: Any) -> object:
    cls = type(key)
    if cls is tuple:
        return tuple([_key(item) for item in key])
    if id(cls) not in _SCALARS:
        raise NotPlainError(f"a container with keys of type {type_name(cls)}")
    return _scalar(key)


def _set(made: object, name: str, value: object) -> None:
    """Set an attribute past every ``__setattr__``, in the slot or in the dictionary that it belongs in."""
    for base in mro(type(made)):
        member = namespace(base).get(name)
        if type(member) is MemberDescriptorType:
            MemberDescriptorType.__set__(member, made, value)
            return
    own = instance_dict(made)
    if own is None:
        raise NotPlainError(f"a value of type {type_name(type(made))}")
    own[name] = value


def _likeness(value: Any) -> Hashable:
    cls = type(value)
    if id(cls) in _SCALARS:
        return cls, repr(value)  # 1 and True differ, and so do 0.0 and -0.0
    if derives(cls, enum.Enum):
        return "enum", id(value)
    if cls is dict:
        return cls, frozenset((_likeness(key), _likeness(item)) for key, item in value.items())
    if cls is set or cls is frozenset:
        return cls, frozenset(map(_likeness, value))
    return type_name(cls), tuple(_inside(value))


def _inside(value: Any) -> Iterator[Hashable]:
    if issubclass(type(value), list | tuple):
        yield from map(_likeness, value)
    else:
        named = vars(value).items() if type(value) is SimpleNamespace else attributes(value)
        yield from ((name, _likeness(item)) for name, item in named)
