"""Frozen model values as JSON text and back, derived from the dataclasses themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import (
    Any,
    Generic,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")
Convert = Callable[[Any], Any]  # the declared type is checked by mypy where a Codec is made, not in here

TAG = "$"
"""Names the class of a record where the declared type allows several."""


class Codec(Generic[T]):
    """Turns values of one declared type into compact ASCII JSON and back; the round trip gives an equal value.

    Knows dataclasses, tuples, unions of them, ``Literal`` and JSON's own scalars; ``TypeError`` for anything else.
    A field that has its default is left out, so that a field added later with a default can still be read.
    """

    def __init__(self, declared: object) -> None:
        self._pair = _pair(declared)

    def dumps(self, value: T) -> str:
        """The value as JSON text."""
        return _ENCODE(self._pair.encode(value))

    def loads(self, text: str) -> T:
        """The value that ``text`` stands for; ``ValueError`` where it stands for none."""
        try:
            return cast(T, self._pair.decode(json.loads(text)))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a stored value: {error}") from error


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


class _Pair(NamedTuple):
    encode: Convert
    decode: Convert


def _same(value: object) -> object:
    return value


_PLAIN = _Pair(_same, _same)


@cache
def _pair(declared: object) -> _Pair:
    if isinstance(declared, type) and is_dataclass(declared):
        record = _Record(declared)
        return _Pair(record.encode, record.decode)
    origin = get_origin(declared)
    if origin is tuple:
        return _tuple(get_args(declared))
    if origin in (Union, UnionType):
        return _union(get_args(declared))
    if origin is Literal or declared in (str, int, float, bool, NoneType):
        return _PLAIN
    raise TypeError(f"the store knows no way to keep a {declared!r}")


def _tuple(items: tuple[object, ...]) -> _Pair:
    if items[-1] is Ellipsis:
        encode, decode = _pair(items[0])
        return _Pair(lambda value: [encode(x) for x in value], lambda data: tuple([decode(x) for x in data]))
    pairs = [_pair(item) for item in items]
    return _Pair(
        lambda value: [pair.encode(x) for pair, x in zip(pairs, value, strict=True)],
        lambda data: tuple([pair.decode(x) for pair, x in zip(pairs, data, strict=True)]),
    )


def _union(members: tuple[object, ...]) -> _Pair:
    """At most one tuple type, any number of dataclasses, and scalars, which stand for themselves."""
    records = [member for member in members if isinstance(member, type) and is_dataclass(member)]
    tuples = [_pair(member) for member in members if get_origin(member) is tuple]
    if len(records) > 1:
        return _tagged({record.__name__: _pair(record) for record in records})
    record = _pair(records[0]) if records else _PLAIN
    array = tuples[0] if tuples else _PLAIN
    return _Pair(
        lambda value: (
            array.encode(value)
            if isinstance(value, tuple)
            else record.encode(value)
            if is_dataclass(value)
            else value
        ),
        lambda data: (
            array.decode(data)
            if isinstance(data, list)
            else record.decode(data)
            if isinstance(data, dict)
            else data
        ),
    )


def _tagged(pairs: dict[str, _Pair]) -> _Pair:
    def encode(value: object) -> object:
        name = type(value).__name__
        return {TAG: name, **pairs[name].encode(value)}

    def decode(data: dict[str, object]) -> object:
        return pairs[str(data.pop(TAG))].decode(data)

    return _Pair(encode, decode)


class _Member(NamedTuple):
    name: str
    default: object
    encode: Convert
    decode: Convert


class _Record:
    """One dataclass. Its members are resolved at first use, since shapes contain forms and forms contain shapes."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    @cached_property
    def _members(self) -> tuple[_Member, ...]:
        hints = get_type_hints(self._cls)
        return tuple(_Member(f.name, _default(f), *_pair(hints[f.name])) for f in fields(self._cls))

    @cached_property
    def _decoders(self) -> dict[str, Convert]:
        return {member.name: member.decode for member in self._members}

    def encode(self, value: object) -> dict[str, object]:
        data = {}
        for name, default, encode, _ in self._members:
            part = getattr(value, name)
            # 0, 0.0 and False are equal, yet not the same.
            if type(part) is not type(default) or part != default:
                data[name] = encode(part)
        return data

    def decode(self, data: dict[str, object]) -> object:
        decoders = self._decoders
        return self._cls(**{name: decoders[name](part) for name, part in data.items()})


def _default(field: Field[object]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default
