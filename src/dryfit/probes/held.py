"""What a variable or an attribute holds, as rows: of a mapping one for each key, of a collection one for each item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from dryfit.model.shape import Json
from dryfit.model.state_names import is_contended, is_state
from dryfit.probes.jsonable import NO_KEY, TYPE, is_opaque, items_of, jsonable
from dryfit.probes.statics import attributes, derives, instance_dict, mro, namespace, told_once, type_name

MOST_ROWS = 500
"""What holds more is left out."""

Row = Mapping[str, Json]

KEY = "key"
VALUE = "value"

_OF_DJANGO = "django.db.models.base.ModelState"


class TooManyError(Exception):
    """What is held has more rows than anybody compares."""


def is_mapped(value: object) -> bool:
    """Whether an object stands for a row of a database, as those of SQLAlchemy and Django do."""
    held = instance_dict(value) or {}
    return "_sa_instance_state" in held or type_name(type(held.get("_state"))) == _OF_DJANGO


def rows_of(value: object, name: str) -> list[Row]:
    """The rows of a value, secrets masked; ``None``, and what nobody can look into, hold none.

    Raises ``TooManyError``.
    """
    if value is None or is_opaque(value):
        return []
    items = items_of(value)
    if items is None:
        return [_spread(value, name)]
    if len(items) > MOST_ROWS:
        raise TooManyError(f"more than {MOST_ROWS} items")
    return [_row(key, item, name) for key, item in items if not is_opaque(item)]


def _row(key: object, item: object, name: str) -> Row:
    if key is NO_KEY:
        return _spread(item, name)
    return {**_spread(item, key if type(key) is str else ""), KEY: _told(key, "")}


def _spread(value: object, name: str) -> Row:
    """An object or a mapping as its parts, anything else as one value."""
    told = _told(value, name)
    if isinstance(told, dict):
        parts = {part: item for part, item in told.items() if part != TYPE}
        if parts:
            return parts
    return {VALUE: told}


def _told(value: object, name: str) -> Json:
    return jsonable(value, name, kept=_is_kept)


def _is_kept(name: str, value: object) -> bool:
    return is_state(name) and not is_opaque(value)


def attributes_of(value: object) -> Iterable[tuple[str, object]]:
    """The attributes of an object that count as state at all; what its class can always make again is none."""
    made_again = _cached(type(value))
    return ((name, item) for name, item in attributes(value) if is_contended(name) and name not in made_again)


def unset_in(value: object) -> frozenset[str]:
    """The private attributes of an object that are ``None``, by themselves or by its class."""
    own = dict(attributes(value))
    empty = {name for name, item in own.items() if item is None and name.startswith("_")}
    return (_none(type(value)) - own.keys()) | empty


@told_once
def _none(cls: type) -> frozenset[str]:
    """The private names that stand for ``None`` in a class."""
    known: dict[str, object] = {}
    for base in reversed(mro(cls)):
        known |= namespace(base)
    return frozenset(name for name, item in known.items() if item is None and name.startswith("_"))


@told_once
def _cached(cls: type) -> frozenset[str]:
    """The names of a class's cached properties."""
    return frozenset(
        name
        for base in mro(cls)
        for name, item in namespace(base).items()
        if derives(type(item), cached_property)
    )
