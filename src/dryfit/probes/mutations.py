"""Arguments that their callee changed.

Compared are exact builtin containers, nested to a depth of three, and dataclass instances. Of their content
only builtin scalars are kept, and the identities of everything else, until the call ends. A generator's arguments
are not compared, since its caller runs in between. While a coroutine is awaited others may run too: there only
containers are compared, which are handed over more often than shared.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from itertools import islice
from typing import Any

from dryfit.model.crossing import Crossing
from dryfit.model.secrets import is_secret
from dryfit.probes.behaviours import argument_names
from dryfit.probes.parts import FIELD_KEY
from dryfit.probes.starred import starred
from dryfit.probes.statics import attributes, defines, told_once, type_name

MOST_DEPTH = 3
MOST_ITEMS = 256

_SCALARS = frozenset(map(id, (int, float, str, bytes, bool, complex, type(None), dt.date)))


class _Kind(Enum):
    """What a snapshot, a plain tuple that begins with its kind, is of."""

    SCALAR = auto()  # class, value: 1 and True differ
    OTHER = auto()  # identity: the same object or not
    ITEMS = auto()  # length, snapshots: a list, tuple or bytearray
    UNORDERED = auto()  # length, snapshots: a set
    KEYS = auto()  # named snapshots, snapshots of the rest: a dict
    ATTRIBUTES = auto()  # named snapshots, (): a dataclass instance


# An enum's members take long to look up, and there are many snapshots.
_SCALAR, _OTHER, _ITEMS, _UNORDERED, _KEYS, _ATTRIBUTES = _Kind

Snapshot = tuple[Any, ...]
"""Tuples are made and compared at the speed of C, and hardly any call changes its arguments."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One argument before the call."""

    place: int
    name: str
    type: str
    before: Snapshot


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one argument after the call, in words, without values."""

    parameter: str
    type: str
    change: str


def watch(crossing: Crossing) -> tuple[Watched, ...]:
    """Remember the arguments that the callee could change; the receiver and what gathers arguments are its own."""
    callee = crossing.callee
    if callee.effect != "call" or callee.kind not in ("function", "coroutine"):
        return ()
    own = starred(callee)
    named = list(zip(argument_names(callee, len(crossing.values)), crossing.values, strict=True))
    return tuple(
        Watched(place, name, type_name(type(value)), _snapshot(value, 0))
        for place, (name, value) in enumerate(named)
        if not (place == 0 and callee.method)
        and name not in (own.positional, own.keyword)
        and not is_secret(name)
        and _is_watched(value, containers_only=callee.kind == "coroutine")
    )


def changes(watched: tuple[Watched, ...], values: tuple[object, ...]) -> list[Change]:
    """Compare with what the arguments are now."""
    found = []
    for each in watched:
        after = _snapshot(values[each.place], 0)
        text = "" if after == each.before else _difference(each.before, after, "")
        if text:
            found.append(Change(each.name, each.type, text))
    return found


def _is_watched(value: object, *, containers_only: bool) -> bool:
    cls = type(value)
    if cls is list or cls is dict or cls is set or cls is bytearray:
        return True
    return not containers_only and _is_dataclass(cls)


@told_once
def _is_dataclass(cls: type) -> bool:
    # A mapped dataclass belongs to its session, which changes it by itself.
    return defines(cls, "__dataclass_fields__") and not defines(cls, "_sa_class_manager")


def _snapshot(value: Any, depth: int) -> Snapshot:
    cls = type(value)
    if id(cls) in _SCALARS:
        return _SCALAR, cls, value
    if cls is Decimal:
        return _SCALAR, cls, str(value)
    if (
        cls is dt.datetime
    ):  # without its time zone, an object of the user's that is asked when two are compared
        return _SCALAR, cls, (value.replace(tzinfo=None), id(value.tzinfo))
    if depth > MOST_DEPTH:
        return _OTHER, id(value)
    if cls is bytearray:
        return _ITEMS, len(value), ((_SCALAR, bytes, bytes(value)),)
    if cls is list or cls is tuple:
        return _ITEMS, len(value), _inside(value, depth)
    if cls is set:
        return _UNORDERED, len(value), _inside(value, depth) if len(value) <= MOST_ITEMS else ()
    if cls is dict:
        return _dict(value, depth)
    if _is_dataclass(cls):
        named = [
            (name, (_SCALAR, type(item), item) if id(type(item)) in _SCALARS else _snapshot(item, depth + 1))
            for name, item in attributes(value)
            if name[:1] != "_"
        ]
        return _ATTRIBUTES, tuple(named), ()
    return _OTHER, id(value)


def _inside(value: Iterable[object], depth: int) -> tuple[Snapshot, ...]:
    return tuple(
        [
            (_SCALAR, type(item), item) if id(type(item)) in _SCALARS else _snapshot(item, depth + 1)
            for item in list(islice(value, MOST_ITEMS))
        ]
    )


def _dict(value: dict[object, object], depth: int) -> Snapshot:
    named, others = [], []
    for key, item in list(islice(value.items(), MOST_ITEMS)):
        if type(key) is str and not is_secret(key):
            named.append((key, _snapshot(item, depth + 1)))
        else:
            others.append(_snapshot(key, depth + 1))
    return _KEYS, tuple(named), tuple(others)


def _difference(before: Snapshot, after: Snapshot, path: str) -> str:
    if before == after:
        return ""
    if before[0] is after[0]:
        if before[0] in _SEQUENCES:
            return _items_difference(before, after, path)
        if before[0] in _LABELS:
            return _fields_difference(before, after, path)
    return _at(path, "replaced")


_SEQUENCES = (_ITEMS, _UNORDERED)
_LABELS = {_KEYS: "key", _ATTRIBUTES: "attribute"}


def _items_difference(before: Snapshot, after: Snapshot, path: str) -> str:
    (kind, length, items), (_, length_after, items_after) = before, after
    if length != length_after:
        many = abs(length - length_after)
        what = "removed" if length > length_after else "added"
        return _at(path, f"{many} item{'s' if many > 1 else ''} {what}")
    if Counter(items) == Counter(items_after):
        moved = kind is _ITEMS and items != items_after
        return _at(path, "order changed") if moved else ""
    if kind is _UNORDERED:
        return _at(path, "items replaced")
    pairs = zip(items, items_after, strict=True)
    inner = [_difference(old, new, f"{path}[]") for old, new in pairs if old != new]
    return next(
        (text for text in inner if text and not text.endswith("[]: replaced")), _at(path, "items replaced")
    )


def _fields_difference(before: Snapshot, after: Snapshot, path: str) -> str:
    (kind, fields, others), (_, fields_after, others_after) = before, after
    old, new = dict(fields), dict(fields_after)
    for name in (*new, *old):
        label = f"{_LABELS[kind]} {name!r}" if FIELD_KEY.fullmatch(name) else f"a {_LABELS[kind]}"
        if name not in old:
            return _at(path, f"{label} set")
        if name not in new:
            return _at(path, f"{label} removed")
        if old[name] != new[name]:
            inner = _difference(old[name], new[name], f"{path}.{name}" if FIELD_KEY.fullmatch(name) else path)
            if inner:
                return _at(path, f"{label} changed") if inner.endswith("replaced") else inner
    return "" if others == others_after else _at(path, f"a {_LABELS[kind]} set or removed")


def _at(path: str, text: str) -> str:
    return f"{path.removeprefix('.')}: {text}" if path else text
