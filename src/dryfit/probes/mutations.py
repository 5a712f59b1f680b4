"""Arguments that their callee changed.

Compared are exact builtin containers, nested to a depth of three, and dataclass instances. Of their content
only builtin scalars are kept, and the identities of everything else, until the call ends. A generator's arguments
are not compared, since its caller runs in between. While a coroutine is awaited others may run too: there only
containers are compared, which are handed over more often than shared.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from dryfit.model.crossing import Crossing
from dryfit.model.secrets import is_secret
from dryfit.probes.behaviours import argument_names
from dryfit.probes.parts import FIELD_KEY
from dryfit.probes.starred import starred
from dryfit.probes.statics import attributes, defines, type_name

MOST_DEPTH = 3
MOST_ITEMS = 256

_SCALARS = frozenset(map(id, (int, float, str, bytes, bool, complex, type(None), dt.date)))


@dataclass(frozen=True, slots=True)
class Scalar:
    """A builtin scalar: ``is 1`` and ``is True`` differ."""

    cls: type
    value: object


@dataclass(frozen=True, slots=True)
class Other:
    """Any other object: the same one or not."""

    identity: int


@dataclass(frozen=True, slots=True)
class Items:
    """The inside of a list, set or bytearray. ``ordered`` is false for a set."""

    length: int
    items: tuple[Snapshot, ...]
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Fields:
    """The inside of a dict or of a dataclass instance, ``what`` being key or attribute."""

    what: str
    fields: tuple[tuple[str, Snapshot], ...]
    others: tuple[Snapshot, ...] = ()


Snapshot = Scalar | Other | Items | Fields


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
        text = _difference(each.before, _snapshot(values[each.place], 0), "")
        if text:
            found.append(Change(each.name, each.type, text))
    return found


def _is_watched(value: object, *, containers_only: bool) -> bool:
    cls = type(value)
    if cls is list or cls is dict or cls is set or cls is bytearray:
        return True
    return not containers_only and _is_dataclass(cls)


def _is_dataclass(cls: type) -> bool:
    # A mapped dataclass belongs to its session, which changes it by itself.
    return defines(cls, "__dataclass_fields__") and not defines(cls, "_sa_class_manager")


def _snapshot(value: object, depth: int) -> Snapshot:
    cls = type(value)
    if id(cls) in _SCALARS:
        return Scalar(cls, value)
    if cls is Decimal:
        return Scalar(cls, str(value))
    if (
        cls is dt.datetime
    ):  # without its time zone, an object of the user's that is asked when two are compared
        return Scalar(cls, (value.replace(tzinfo=None), id(value.tzinfo)))  # type: ignore[attr-defined]
    if depth > MOST_DEPTH:
        return Other(id(value))
    if cls is bytearray:
        return Items(len(value), (Scalar(bytes, bytes(value)),))  # type: ignore[arg-type,call-overload]
    if cls is list or cls is tuple:
        return Items(len(value), _inside(value, depth))  # type: ignore[arg-type]
    if cls is set:
        return Items(len(value), _inside(value, depth) if len(value) <= MOST_ITEMS else (), ordered=False)  # type: ignore[arg-type]
    if cls is dict:
        return _dict(value, depth)  # type: ignore[arg-type]
    if _is_dataclass(cls):
        public = ((name, item) for name, item in attributes(value) if not name.startswith("_"))
        return Fields("attribute", tuple((name, _snapshot(item, depth + 1)) for name, item in public))
    return Other(id(value))


def _inside(value: list[object] | set[object] | tuple[object, ...], depth: int) -> tuple[Snapshot, ...]:
    return tuple(_snapshot(item, depth + 1) for item in list(islice(value, MOST_ITEMS)))


def _dict(value: dict[object, object], depth: int) -> Fields:
    named, others = [], []
    for key, item in list(islice(value.items(), MOST_ITEMS)):
        if type(key) is str and not is_secret(key):
            named.append((key, _snapshot(item, depth + 1)))
        else:
            others.append(_snapshot(key, depth + 1))
    return Fields("key", tuple(named), tuple(others))


def _difference(before: Snapshot, after: Snapshot, path: str) -> str:
    if isinstance(before, Items) and isinstance(after, Items):
        return _items_difference(before, after, path)
    if isinstance(before, Fields) and isinstance(after, Fields):
        return _fields_difference(before, after, path)
    return "" if before == after else _at(path, "replaced")


def _items_difference(before: Items, after: Items, path: str) -> str:
    if before.length != after.length:
        many = abs(before.length - after.length)
        what = "removed" if before.length > after.length else "added"
        return _at(path, f"{many} item{'s' if many > 1 else ''} {what}")
    if Counter(before.items) == Counter(after.items):
        moved = before.ordered and before.items != after.items
        return _at(path, "order changed") if moved else ""
    if not before.ordered:
        return _at(path, "items replaced")
    pairs = zip(before.items, after.items, strict=True)
    inner = [_difference(old, new, f"{path}[]") for old, new in pairs if old != new]
    return next(
        (text for text in inner if text and not text.endswith("[]: replaced")), _at(path, "items replaced")
    )


def _fields_difference(before: Fields, after: Fields, path: str) -> str:
    old, new = dict(before.fields), dict(after.fields)
    for name in (*new, *old):
        label = f"{before.what} {name!r}" if FIELD_KEY.fullmatch(name) else f"a {before.what}"
        if name not in old:
            return _at(path, f"{label} set")
        if name not in new:
            return _at(path, f"{label} removed")
        if old[name] != new[name]:
            inner = _difference(old[name], new[name], f"{path}.{name}" if FIELD_KEY.fullmatch(name) else path)
            if inner:
                return _at(path, f"{label} changed") if inner.endswith("replaced") else inner
    return "" if before.others == after.others else _at(path, f"a {before.what} set or removed")


def _at(path: str, text: str) -> str:
    return f"{path.removeprefix('.')}: {text}" if path else text
