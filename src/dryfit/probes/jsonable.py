"""Values as JSON: what they hold, read without running the user's code."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dryfit.model.secrets import is_secret
from dryfit.model.shape import Json
from dryfit.probes.statics import attribute, attributes, derives, is_installed_class, told_once, type_name

MOST_VALUES = 2_000
MOST_DEPTH = 6
CUT = "…"
"""What stands for values beyond these bounds."""

TYPE = "<type>"
"""The key under which an object's class stands."""

NO_KEY = object()
"""Stands where an item has no key."""

_ZONES = (type(None), dt.timezone, ZoneInfo)

Kept = Callable[[str, object], bool]
"""Says of an attribute whether it is to be told."""


def everything(name: str, value: object) -> bool:
    """Tell every attribute."""
    return True


def jsonable(value: object, name: str = "", *, kept: Kept = everything) -> Json:
    """What a value holds, as JSON; what is named like a secret is a few digits of its hash.

    Objects of the project's classes are their attributes, as far as ``kept`` says so; of others, the class's name.
    """
    try:
        return _Telling(kept).value(value, name, 0)
    except RuntimeError:  # "changed size during iteration": another thread is at work on it
        return CUT


def is_scalar(value: object) -> bool:
    """Whether a value has no inside."""
    return _scalar_of(type(value)) is not None


def is_opaque(value: object) -> bool:
    """Whether nothing can be told of a value but its class: a library's object, a function, a class, a module."""
    return _is_opaque(type(value))


@told_once
def _is_opaque(cls: type) -> bool:
    if _scalar_of(cls) is not None or derives(cls, dict):
        return False
    return is_installed_class(cls) and not any(derives(cls, base) for base, _ in _SEQUENCES)


def items_of(value: Any) -> list[tuple[object, object]] | None:
    """The items of a container by their keys, ``NO_KEY`` where there are none; ``None`` for anything else."""
    if derives(type(value), dict):
        return list(dict.items(value))
    for base, items in _SEQUENCES:
        if derives(type(value), base):
            return [(NO_KEY, item) for item in items(value)]
    return None


def text_of(value: Json) -> str:
    """JSON text that is the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def digits_of(text: str) -> str:
    """A few digits that tell texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class _Telling:
    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._left = MOST_VALUES
        self._path: set[int] = set()

    def value(self, value: Any, name: str, depth: int) -> Json:
        self._left -= 1
        scalar = _scalar_of(type(value))
        if is_secret(name) and value is not None:
            inside = scalar(value) if scalar is not None else type_name(type(value))
            return f"<secret {digits_of(text_of(inside))[:4]}>"
        if scalar is not None:
            return scalar(value)
        if self._left < 0 or depth >= MOST_DEPTH or id(value) in self._path:
            return CUT
        self._path.add(id(value))
        try:
            return self._opened(value, name, depth + 1)
        finally:
            self._path.discard(id(value))

    def _opened(self, value: Any, name: str, depth: int) -> Json:
        for base, items in _SEQUENCES:
            if derives(type(value), base):
                found = [self.value(item, name, depth) for item in islice(items(value), MOST_VALUES)]
                return sorted(found, key=text_of) if base in (set, frozenset) else found
        if derives(type(value), dict):
            pairs = islice(list(dict.items(value)), MOST_VALUES)
            return dict(self._pair(key, item, depth) for key, item in pairs)
        if is_installed_class(type(value)):
            return f"<{type_name(type(value))}>"
        return {TYPE: type_name(type(value)), **dict(self._attributes(value, depth))}

    def _pair(self, key: object, item: object, depth: int) -> tuple[str, Json]:
        told = self.value(key, "", depth)
        text = told if isinstance(told, str) else text_of(told)
        return text, self.value(item, text, depth)

    def _attributes(self, value: object, depth: int) -> Iterator[tuple[str, Json]]:
        for name, item in attributes(value):
            if self._kept(name, item):
                yield name, self.value(item, name, depth)


_SEQUENCES: tuple[tuple[type, Callable[[Any], Iterator[object]]], ...] = (
    (list, list.__iter__),
    (tuple, tuple.__iter__),
    (set, set.__iter__),
    (frozenset, frozenset.__iter__),
    (deque, deque.__iter__),
)


@told_once
def _scalar_of(cls: type) -> Callable[[Any], Json] | None:
    """How to tell a value that has no inside."""
    return next((tell for base, tell in _SCALARS if derives(cls, base)), None)


def _float(value: Any) -> Json:
    number = float.__float__(value)
    return number if number - number == 0 else float.__repr__(number)  # JSON knows no NaN


def _bytes(value: Any) -> Json:
    content = bytes(memoryview(value))
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"<{len(content)} bytes {hashlib.sha256(content).hexdigest()[:12]}>"


def _moment(value: Any) -> Json:
    if type(value.tzinfo) not in _ZONES:
        return f"<{type_name(type(value))}>"
    return str((dt.datetime if derives(type(value), dt.datetime) else dt.time).isoformat(value))


def _enum(value: object) -> Json:
    return f"{type_name(type(value))}.{attribute(value, '_name_')}"


# The first base that fits decides, so the narrower class stands first.
_SCALARS: tuple[tuple[type, Callable[[Any], Json]], ...] = (
    (type(None), lambda value: None),
    (enum.Enum, _enum),
    (bool, bool),
    (int, int.__int__),
    (float, _float),
    (str, str.__str__),
    (Decimal, lambda value: Decimal.__str__(value)),
    (bytes, _bytes),
    (bytearray, _bytes),
    (memoryview, _bytes),
    (dt.datetime, _moment),
    (dt.time, _moment),
    (dt.date, lambda value: dt.date.isoformat(value)),
    (dt.timedelta, lambda value: dt.timedelta.total_seconds(value)),
    (uuid.UUID, lambda value: uuid.UUID.__str__(value)),
)
