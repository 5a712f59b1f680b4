"""What is known of the values seen at one place: their types and formats, never the values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, cast, get_args

ShapeKind = Literal[
    "none", "bool", "number", "text", "bytes", "time", "enum", "mapping", "sequence", "tuple", "set", "object",
    "callable", "coroutine", "generator", "exception", "class", "stand-in", "secret", "cut",
]  # fmt: skip

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MOST_ALTERNATIVES = 8
MOST_FIELDS = 40
MOST_FORMATS = 16
MORE = "…"
"""Stands for what a bound left out: as a format for formats and fields, as a type for alternatives."""

_KINDS = frozenset(get_args(ShapeKind))


@dataclass(frozen=True, slots=True)
class Form:
    """One alternative of a shape: the values of exactly one type.

    ``type`` is the exact type's dotted name, builtins without module (``int``, ``decimal.Decimal``).
    ``formats`` are tags that at least one value had (text: ``uuid``, ``iso-date``, ``email``, ``digits``, ``empty``,
    ``text``; time: ``aware``, ``naive``; enum: member names). ``low`` and ``high`` bound numbers, or the lengths of
    texts and containers. ``fields`` are keys, attributes or tuple positions with their shapes, sorted by name;
    ``optional`` names those that some value lacked. ``items`` is the shape of a container's elements.
    """

    type: str
    kind: ShapeKind
    formats: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    fields: tuple[tuple[str, Shape], ...] = ()
    optional: tuple[str, ...] = ()
    items: Shape | None = None

    def __str__(self) -> str:
        return _form_text(self)

    def to_json(self) -> dict[str, Json]:
        """Give it as JSON values; what is empty is left out."""
        made: dict[str, Json] = {"type": self.type, "kind": self.kind}
        if self.formats:
            made["formats"] = list(self.formats)
        if self.low is not None:
            made["low"] = self.low
        if self.high is not None:
            made["high"] = self.high
        if self.fields:
            made["fields"] = {name: shape.to_json() for name, shape in self.fields}
        if self.optional:
            made["optional"] = list(self.optional)
        if self.items is not None:
            made["items"] = self.items.to_json()
        return made

    @classmethod
    def from_json(cls, value: Json) -> Form:
        """Read what ``to_json`` gave; raises ``ValueError`` for anything else."""
        data = _mapping(value)
        kind = _text(data.get("kind"))
        if kind not in _KINDS:
            raise ValueError(f"no kind of shape: {kind!r}")
        items = data.get("items")
        return cls(
            type=_text(data.get("type")),
            kind=cast(ShapeKind, kind),
            formats=_texts(data.get("formats")),
            low=_number(data.get("low")),
            high=_number(data.get("high")),
            fields=tuple(
                (name, Shape.from_json(it)) for name, it in sorted(_mapping(data.get("fields", {})).items())
            ),
            optional=_texts(data.get("optional")),
            items=None if items is None else Shape.from_json(items),
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """A union of forms, sorted by type; ``join`` makes the set of shapes a semilattice (any order, same result)."""

    forms: tuple[Form, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.forms)) or "nothing"

    def to_json(self) -> list[Json]:
        """Give it as a JSON list of its forms."""
        return [form.to_json() for form in self.forms]

    @classmethod
    def from_json(cls, value: Json) -> Shape:
        """Read what ``to_json`` gave; raises ``ValueError`` for anything else."""
        if not isinstance(value, list):
            raise ValueError(f"a shape is a list of forms, not {type(value).__name__}")
        return cls(tuple(map(Form.from_json, value)))


NOTHING = Shape(())
"""The shape of no value at all: what is joined with it stays as it is."""


def join(left: Shape, right: Shape) -> Shape:
    """Give the least shape that both are part of: commutative, associative, idempotent.

    Bounds keep the alternatives, fields and formats that come first in sorted order, which keeps those laws.
    """
    if left is right or left == right:
        return left
    forms = _merged(((form.type, form.kind), form) for shape in (left, right) for form in shape.forms)
    opened = {type_ for type_, kind in forms if kind != "cut"}
    kept = [form for (type_, kind), form in sorted(forms.items()) if kind != "cut" or type_ not in opened]
    more = [form for form in kept if form.type == MORE]
    kept = [form for form in kept if form.type != MORE]
    if len(kept) > MOST_ALTERNATIVES:
        more = [Form(MORE, "cut")]
    return Shape((*kept[:MOST_ALTERNATIVES], *more))


def join_all(shapes: Iterable[Shape]) -> Shape:
    """Join any number of shapes; none gives ``NOTHING``."""
    joined = NOTHING
    for shape in shapes:
        joined = join(joined, shape)
    return joined


def bounded(form: Form) -> Form:
    """Sort a freshly made form's fields and formats and hold it to the bounds, as ``join`` does."""
    if not form.fields and len(form.formats) < 2:
        return form
    fields = dict(form.fields)
    names = sorted(fields)
    formats = {*form.formats, *((MORE,) if len(names) > MOST_FIELDS else ())}
    kept = tuple((name, fields[name]) for name in names[:MOST_FIELDS])
    return replace(form, formats=_formats(formats), fields=kept)


def _merged(forms: Iterable[tuple[tuple[str, str], Form]]) -> dict[tuple[str, str], Form]:
    merged: dict[tuple[str, str], Form] = {}
    for key, form in forms:
        merged[key] = _join_forms(merged[key], form) if key in merged else form
    return merged


def _join_forms(left: Form, right: Form) -> Form:
    if left == right:
        return left
    ours, theirs = dict(left.fields), dict(right.fields)
    names = sorted(ours.keys() | theirs.keys())
    kept = names[:MOST_FIELDS]
    more = {MORE} if len(names) > MOST_FIELDS else set[str]()
    optional = {*left.optional, *right.optional, *(ours.keys() ^ theirs.keys())}
    return Form(
        type=left.type,
        kind=left.kind,
        formats=_formats({*left.formats, *right.formats, *more}),
        low=_either(min, left.low, right.low),
        high=_either(max, left.high, right.high),
        fields=tuple((name, join(ours.get(name, NOTHING), theirs.get(name, NOTHING))) for name in kept),
        optional=tuple(name for name in kept if name in optional),
        items=_either(join, left.items, right.items),
    )


def _formats(formats: set[str]) -> tuple[str, ...]:
    named = sorted(formats - {MORE})
    more = (MORE,) if MORE in formats or len(named) > MOST_FORMATS else ()
    return (*named[:MOST_FORMATS], *more)


_T = TypeVar("_T")


def _either(both: Callable[[_T, _T], _T], left: _T | None, right: _T | None) -> _T | None:
    if left is None or right is None:
        return right if left is None else left
    return both(left, right)


# -- text ------------------------------------------------------------------------------------------


def _form_text(form: Form) -> str:
    """Write a form for people: ``int 1..5``, ``str(email)``, ``dict{id: int, name?: str}``, ``list[int]``."""
    if form.kind == "none":
        return "None"
    if form.kind in ("secret", "stand-in"):
        return f"{form.type} ({form.kind})"
    if form.kind == "tuple" and form.fields:
        return f"{form.type}({', '.join(_field_text(form, name, shape) for name, shape in form.fields)})"
    return form.type + _formats_text(form) + _range_text(form) + _parts_text(form)


def _formats_text(form: Form) -> str:
    return f"({', '.join(form.formats)})" if form.formats else ""


def _range_text(form: Form) -> str:
    if form.kind != "number" or form.low is None or form.high is None:
        return ""
    low, high = f"{form.low:.12g}", f"{form.high:.12g}"
    return f" {low}" if low == high else f" {low}..{high}"


def _parts_text(form: Form) -> str:
    fields = ", ".join(_field_text(form, name, shape) for name, shape in form.fields)
    items = "" if form.items is None else f"[{form.items}]"
    return (f"{{{fields}}}" if fields else "") + items


def _field_text(form: Form, name: str, shape: Shape) -> str:
    if form.kind == "tuple" and name.isdigit():
        return str(shape)
    return f"{name}{'?' if name in form.optional else ''}: {shape}"


# -- reading JSON ----------------------------------------------------------------------------------


def _mapping(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, found {type(value).__name__}")
    return value


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(_text(item) for item in value) if isinstance(value, list) else ()


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) else None
