"""What a value is made of: keys, attributes and elements, read without running its code."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from dryfit.model.shape import MOST_FIELDS
from dryfit.probes.statics import (
    attributes,
    defines,
    derives,
    instance_dict,
    is_installed_class,
    mro,
    namespace,
    told_once,
)

MOST_ITEMS = 32
"""How many elements of a container are looked at: the first ones, so that the same input gives the same record."""

Opened = Literal["mapping", "sequence", "tuple", "set", "object", "exception"]
Named = tuple[str, object]

# A key that a programmer wrote, not one that is data (an id, an address): only the former may be kept.
FIELD_KEY = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}[0-9]{0,2}")
_DATA_MARKS = (
    "__dataclass_fields__",
    "__attrs_attrs__",
    "__pydantic_fields__",
    "__pydantic_validator__",
    "_sa_class_manager",
)
_ARGS: Any = vars(BaseException)["args"]


@dataclass(slots=True)  # many are made, and a frozen one takes twice as long
class Parts:
    """The inside of a value: named ``fields``, and ``items`` (named too where a mapping's key is data, else "").

    ``length`` is a container's, ``keys`` are type names of a mapping's keys that are no fields. ``plain`` says that
    this is an ordinary object, whose attributes are opened only one level deep.
    """

    kind: Opened
    fields: tuple[Named, ...] = ()
    items: tuple[Named, ...] = ()
    length: int | None = None
    keys: tuple[str, ...] = ()
    plain: bool = False


def is_plain(value: object) -> bool:
    """Whether the value is an ordinary object, neither a container nor made to carry data."""
    return _opener(type(value)) is _object and not is_data(value)


def parts(value: object) -> Parts | None:
    """Open a container or an object; ``None`` where there is nothing to open.

    A container that another thread changes meanwhile counts as closed.
    """
    cls = type(value)
    try:
        return _opener(cls)(value)
    except RuntimeError:  # "changed size during iteration"
        return None


@told_once
def _opener(cls: type) -> Callable[[object], Parts | None]:
    return next((opener for base, opener in _OPENERS if derives(cls, base)), _object)


def _mapping(value: Any) -> Parts:
    length = dict.__len__(value)
    pairs = list(islice(dict.items(value), max(MOST_ITEMS, MOST_FIELDS)))
    if length <= MOST_FIELDS and all(type(key) is str and FIELD_KEY.fullmatch(key) for key, _ in pairs):
        return Parts("mapping", fields=tuple(pairs), length=length)
    keys = {type(key).__name__ if type(key) in (str, int) else "object" for key, _ in pairs}
    items = tuple((key if type(key) is str else "", item) for key, item in pairs[:MOST_ITEMS])
    return Parts("mapping", items=items, length=length, keys=tuple(sorted(keys)))


def _tuple(value: Any) -> Parts:
    items, length = tuple(islice(tuple.__iter__(value), MOST_ITEMS)), tuple.__len__(value)
    names = _field_names(type(value))
    if names is not None and len(names) == length:
        return Parts("tuple", fields=tuple(zip(names, items, strict=False)), length=length)
    if length <= 8:
        return Parts(
            "tuple", fields=tuple((str(place), item) for place, item in enumerate(items)), length=length
        )
    return Parts("tuple", items=_unnamed(items), length=length)


def _field_names(cls: type) -> tuple[str, ...] | None:
    """Give the fields of a ``NamedTuple``."""
    for base in mro(cls):
        names = namespace(base).get("_fields")
        if names is not None:
            return names if type(names) is tuple and all(type(name) is str for name in names) else None
    return None


def _list(value: Any) -> Parts:
    return Parts("sequence", items=_unnamed(list.__iter__(value)), length=list.__len__(value))


def _deque(value: Any) -> Parts:
    return Parts("sequence", items=_unnamed(deque.__iter__(value)), length=deque.__len__(value))


def _set(value: Any) -> Parts:
    # The order of a set follows hashes, which differ from process to process: look at all of it, or not at all.
    length = set.__len__(value)
    return Parts("set", items=_unnamed(set.__iter__(value)) if length <= MOST_ITEMS else (), length=length)


def _frozenset(value: Any) -> Parts:
    length = frozenset.__len__(value)
    return Parts(
        "set", items=_unnamed(frozenset.__iter__(value)) if length <= MOST_ITEMS else (), length=length
    )


def _exception(value: Any) -> Parts:
    args = _ARGS.__get__(value)
    named = (("args", args), *_public(attributes(value)))
    return Parts("exception", fields=named[:MOST_FIELDS])


_OPENERS = (
    (dict, _mapping),
    (list, _list),
    (tuple, _tuple),
    (set, _set),
    (frozenset, _frozenset),
    (deque, _deque),
    (BaseException, _exception),
)


def _unnamed(items: Iterable[object]) -> tuple[Named, ...]:
    return tuple(("", item) for item in islice(items, MOST_ITEMS))


def _object(value: object) -> Parts | None:
    if is_data(value):
        return Parts("object", fields=tuple(_public(attributes(value))))
    if is_installed_class(type(value)):
        return None  # the insides of somebody else's machinery: large, and nobody's data
    return Parts("object", fields=tuple(islice(_public(attributes(value)), MOST_FIELDS)), plain=True)


def is_data(value: object) -> bool:
    """Whether the object is made to carry data: dataclass, attrs, pydantic, or a row of an ORM."""
    marks = _data_marks(type(value))
    return bool(marks) and (marks != {"_meta"} or "_state" in (instance_dict(value) or {}))


@told_once
def _data_marks(cls: type) -> frozenset[str]:
    """By what a class shows that it carries data; a Django row shows it by its ``_state``, too."""
    return frozenset(mark for mark in (*_DATA_MARKS, "_meta") if defines(cls, mark))


def _public(found: Iterable[Named]) -> Iterator[Named]:
    return ((name, item) for name, item in found if not name.startswith("_"))
