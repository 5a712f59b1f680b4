"""Looking at a value: its shape, and nothing of its content; no code of the user runs."""

from __future__ import annotations

import datetime
import enum
import functools
import math
import re
import types
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from dryfit.model.secrets import is_secret
from dryfit.model.shape import NOTHING, Form, Shape, ShapeKind, bounded, join_all
from dryfit.probes.parts import Named, Parts, is_plain, parts
from dryfit.probes.statics import attribute, derives, instance_dict, module_of, mro, told_once, type_name

MOST_DEPTH = 6
MOST_VALUES = 96
"""How many values one look visits; what lies beyond is cut."""

_LONGEST_TEXT = 100  # a longer one has no format worth a regular expression

_FORMATS = {
    "empty": "",
    "digits": "[0-9]+",
    "uuid": "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "iso-date": r"\d{4}-\d\d-\d\d",
    "iso-datetime": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s.]+",
}
_FORMAT_NAMES = ("", *_FORMATS)
_ANY_FORMAT = re.compile("|".join(f"({pattern})" for pattern in _FORMATS.values()))

_CLOSED: tuple[tuple[type, ShapeKind], ...] = (
    (type, "class"),
    (types.BuiltinFunctionType, "callable"),
    (types.MethodType, "callable"),
    (functools.partial, "callable"),
    (types.CoroutineType, "coroutine"),
    (types.GeneratorType, "generator"),
    (types.AsyncGeneratorType, "generator"),
    (types.ModuleType, "object"),
    (uuid.UUID, "object"),
    (PurePath, "object"),
)


def look(value: object, name: str = "") -> Shape:
    """Tell the shape of a value. ``name`` is the parameter, key or attribute that holds it: secrets stay closed."""
    return Look().at(value, name)


def closed(value: object, name: str = "") -> Shape:
    """Tell the exact type alone."""
    return Shape((Form(type_name(type(value)), "secret" if is_secret(name) else "cut"),))


class Look:
    """A look at one value after another: how many it has ``visited``, how many of this one it may still visit, and
    what is on the path now (cycles)."""

    __slots__ = ("left", "path", "visited")

    def __init__(self) -> None:
        self.visited = 0
        self.left = MOST_VALUES
        self.path: set[int] = set()

    def at(self, value: object, name: str) -> Shape:
        """Tell the shape of a value."""
        self.left = MOST_VALUES
        shape = self.shape(name, value, 0, plain=False)
        self.visited += MOST_VALUES - self.left
        return shape

    def shape(self, name: str, value: object, depth: int, *, plain: bool) -> Shape:
        self.left -= 1
        form = self._form(name, value, depth, plain)
        return Shape((form,))

    def _form(self, name: str, value: object, depth: int, plain: bool) -> Form:
        cls = type(value)
        if is_secret(name):
            return Form(type_name(cls), "secret")
        if (scalar := _scalar(value)) is not None:
            return scalar
        if self.left < 0 or depth >= MOST_DEPTH or id(value) in self.path:
            return Form(type_name(cls), "cut")
        if plain and is_plain(value):
            return Form(type_name(cls), "cut")
        opened = parts(value)
        if opened is None:
            return Form(type_name(cls), "object")
        return self._opened(value, opened, depth, plain or opened.plain)

    def _opened(self, value: object, opened: Parts, depth: int, plain: bool) -> Form:
        self.path.add(id(value))
        fields = tuple((name, self.shape(name, item, depth + 1, plain=plain)) for name, item in opened.fields)
        items = self._items(opened.items, depth, plain)
        self.path.discard(id(value))
        length = None if opened.length is None else float(opened.length)
        return bounded(
            Form(
                type_name(type(value)),
                opened.kind,
                formats=tuple(f"{key} keys" for key in opened.keys),
                low=length,
                high=length,
                fields=fields,
                items=items,
            )
        )

    def _items(self, items: tuple[Named, ...], depth: int, plain: bool) -> Shape | None:
        shape = join_all(self.shape(name, item, depth + 1, plain=plain) for name, item in items)
        return None if shape == NOTHING else shape


def _scalar(value: object) -> Form | None:
    """Tell the form of a value that has no inside."""
    reader = _reader(type(value))
    return None if reader is None else reader(value)


@told_once
def _reader(cls: type) -> Callable[[object], Form] | None:
    if _is_mock(cls):
        return _closed("stand-in")
    return next((found for base, found in _READERS if derives(cls, base)), None)


def is_stand_in(value: object) -> bool:
    """Whether the value is made by ``unittest.mock``: a mock, or a function that its autospec has made."""
    if _is_mock(type(value)):
        return True
    if type(value) is types.FunctionType:
        mock = (instance_dict(value) or {}).get("mock")
        return mock is not None and type(mock) is not types.FunctionType and is_stand_in(mock)
    return False


@told_once
def _is_mock(cls: type) -> bool:
    return any(module_of(base) == "unittest.mock" for base in mro(cls))


def _function(value: object) -> Form:
    return Form(type_name(type(value)), "stand-in" if is_stand_in(value) else "callable")


_NONE = Form("NoneType", "none")
_TRUE, _FALSE = (Form("bool", "bool", formats=(said,)) for said in ("true", "false"))


def _none(value: object) -> Form:
    return _NONE


def _bool(value: object) -> Form:
    return _TRUE if value is True else _FALSE


def _int(value: Any) -> Form:
    try:
        return _ranged(value, int.__float__(value))
    except OverflowError:
        return Form(type_name(type(value)), "number", formats=("huge",))


def _float(value: Any) -> Form:
    return _ranged(value, float.__float__(value))


def _decimal(value: Any) -> Form:
    if not Decimal.is_finite(value):
        return Form(type_name(type(value)), "number", formats=("not finite",))
    try:
        return _ranged(value, Decimal.__float__(value))
    except OverflowError:
        return Form(type_name(type(value)), "number", formats=("huge",))


def _ranged(value: object, number: float) -> Form:
    if not math.isfinite(number):
        return Form(type_name(type(value)), "number", formats=("not finite",))
    return _number(type_name(type(value)), number + 0.0)  # -0.0 becomes 0.0, which it equals


@functools.lru_cache(maxsize=1024)
def _number(name: str, number: float) -> Form:
    return Form(name, "number", low=number, high=number)


def _str(value: Any) -> Form:
    return _text(type_name(type(value)), text_format(str.__str__(value)), float(str.__len__(value)))


@functools.lru_cache
def _text(name: str, text: str, length: float) -> Form:
    return Form(name, "text", (text,), length, length)


def text_format(text: str) -> str:
    """Name the format of a text: empty, digits, uuid, iso-date, iso-datetime, email, or just text."""
    found = _ANY_FORMAT.fullmatch(text) if len(text) <= _LONGEST_TEXT else None
    return "text" if found is None else _FORMAT_NAMES[found.lastindex or 0]


def _bytes(value: Any) -> Form:
    length = float((bytes if derives(type(value), bytes) else bytearray).__len__(value))
    return Form(type_name(type(value)), "bytes", low=length, high=length)


def _zoned(get: Callable[[object], object]) -> Callable[[object], Form]:
    def form(value: object) -> Form:
        return Form(type_name(type(value)), "time", ("naive" if get(value) is None else "aware",))

    return form


def _time(value: object) -> Form:
    return Form(type_name(type(value)), "time")


def _enum(value: object) -> Form:
    member = attribute(value, "_name_")
    return Form(type_name(type(value)), "enum", (member,) if type(member) is str else ())


def _closed(kind: ShapeKind) -> Callable[[object], Form]:
    def form(value: object) -> Form:
        return Form(type_name(type(value)), kind)

    return form


# The first base that fits decides, so the narrower class stands first: bool before int, datetime before date.
_READERS: tuple[tuple[type, Callable[[object], Form]], ...] = (
    (types.NoneType, _none),
    (enum.Enum, _enum),
    (bool, _bool),
    (int, _int),
    (float, _float),
    (complex, _closed("number")),
    (Decimal, _decimal),
    (str, _str),
    (bytes, _bytes),
    (bytearray, _bytes),
    (memoryview, _closed("bytes")),
    (datetime.datetime, _zoned(vars(datetime.datetime)["tzinfo"].__get__)),
    (datetime.date, _time),
    (datetime.time, _zoned(vars(datetime.time)["tzinfo"].__get__)),
    (datetime.timedelta, _time),
    (datetime.tzinfo, _time),
    (types.FunctionType, _function),
    *((base, _closed(kind)) for base, kind in _CLOSED),
)
