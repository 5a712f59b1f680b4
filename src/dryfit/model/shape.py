"""What is known of the values seen at one place: their types and formats, never the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ShapeKind = Literal[
    "none", "bool", "number", "text", "bytes", "time", "enum", "mapping", "sequence", "tuple", "set", "object",
    "callable", "coroutine", "generator", "exception", "class", "stand-in", "secret", "cut",
]  # fmt: skip

MOST_ALTERNATIVES = 8
MOST_FIELDS = 40


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


@dataclass(frozen=True, slots=True)
class Shape:
    """A union of forms, sorted by type; ``join`` makes the set of shapes a semilattice (any order, same result)."""

    forms: tuple[Form, ...]
