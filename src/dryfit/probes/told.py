"""What a value says to the one who gets it: its plain parts, leaf by leaf, without running the user's code."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from dryfit.model.secrets import is_secret
from dryfit.model.trial import Leaf
from dryfit.probes.statics import attributes, derives, is_library_class, type_name

MOST_LEAVES = 60
MOST_DEPTH = 5
MOST_ITEMS = 20
LONGEST = 80

_PLAIN = (
    *(type(None), bool, int, float, complex, str, bytes, Decimal, uuid.UUID),
    *(dt.date, dt.datetime, dt.time, dt.timedelta),
)


def told(value: object) -> tuple[Leaf, ...]:
    """The leaves of a value, at most ``MOST_LEAVES``: ``((".status", "'success'"), (".lines[0].sku", "'a'"))``.

    What is named like a secret is ``<secret>``; an object that shows nothing is only the name of its type.
    """
    try:
        return tuple(islice(_leaves(value, "", 0), MOST_LEAVES))
    except RuntimeError:  # "changed size during iteration": another thread is at work on it
        return (("", type_name(type(value))),)


def _leaves(value: object, path: str, depth: int) -> Iterator[Leaf]:
    cls = type(value)
    if cls in _PLAIN:
        yield path, _short(repr(value))
    elif derives(cls, enum.Enum):
        yield path, f"{type_name(cls)}.{vars(value).get('_name_', '')}"
    elif depth >= MOST_DEPTH:
        yield path, type_name(cls)
    else:
        found = False
        for step, name, item in _parts(value):
            found = True
            if is_secret(name):
                yield path + step, "<secret>"
            else:
                yield from _leaves(item, path + step, depth + 1)
        if not found:
            yield path, type_name(cls)


def _parts(value: object) -> Iterator[tuple[str, str, object]]:
    """The steps into a value, with the names that may tell a secret."""
    cls = type(value)
    if cls is dict:
        yield f"#{len(value)}", "", len(value)  # type: ignore[arg-type]  # it is a dict
        items = value.items()  # type: ignore[attr-defined]  # it is a dict
        for key, item in islice(items, MOST_ITEMS):
            if type(key) in _PLAIN:
                yield f"[{_short(repr(key))}]", key if type(key) is str else "", item
    elif derives(cls, list) or derives(cls, tuple):
        size = tuple.__len__(value) if derives(cls, tuple) else list.__len__(value)  # type: ignore[arg-type]  # it is one of them
        yield "#", "", size
        each: Iterator[object]
        each = tuple.__iter__(value) if derives(cls, tuple) else list.__iter__(value)  # type: ignore[arg-type]  # as above
        for place, item in enumerate(islice(each, MOST_ITEMS)):
            yield f"[{place}]", "", item
    elif cls in (set, frozenset):
        yield "#", "", len(value)  # type: ignore[arg-type]  # it is a set
    elif not is_library_class(cls):
        for name, item in islice(attributes(value), MOST_ITEMS):
            if not name.startswith("_"):
                yield f".{name}", name, item


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…{hash_of(text)}"


def hash_of(text: str) -> str:
    """What tells long texts apart that begin alike."""
    from hashlib import sha256  # only for long ones

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
