"""What an expression in the source stands for, as far as one module alone can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """What a dotted name stands for, wherever it is defined: module, class, function or variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Defined:
    """The function or class that the source defines under exactly this dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for an annotation, which promises ``of``."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of the class ``of``, or of a subclass of it: what an annotation promises."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute ``name`` of ``base``."""

    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What calling ``base`` gives, awaited where it is a coroutine."""

    base: Expression


@dataclass(frozen=True, slots=True)
class Entered:
    """What ``with base as x`` binds."""

    base: Expression


@dataclass(frozen=True, slots=True)
class Collection:
    """A container of ``item``: iterating and subscripting give one. ``keyed`` containers are only subscripted."""

    item: Expression
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item of ``base``, by subscript or (``iterated``) by a loop."""

    base: Expression
    iterated: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """``super()`` inside the class ``of``."""

    of: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of several, depending on the way that the program took."""

    options: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the source does not tell; ``reason`` says why.

    ``candidates`` are the callables that may answer, where these are known.
    """

    reason: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something from outside the project: a literal, a builtin, an object of a library."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """``None``, which adds no possibility of its own."""


Expression = (
    Ref | Defined | Alias | Instance | Attribute | Result | Entered | Collection | Item | Parent | Either
    | Unknown | Foreign | Nothing
)  # fmt: skip

FOREIGN = Foreign()
NOTHING = Nothing()
MOST_OPTIONS = 6

_FINAL = (Foreign, Unknown)


ITEM_METHODS = frozenset({"get", "pop", "popleft", "setdefault", "__getitem__"})
"""Methods of containers that give one of their items."""


def given_by(container: Collection, method: str) -> Expression:
    """What a container's method gives."""
    if method == "values":
        return Collection(container.item)
    return container.item if method in ITEM_METHODS else FOREIGN


def attribute(base: Expression, name: str) -> Expression:
    """``base.name``, shortened to a longer dotted name where that is the same."""
    if isinstance(base, Ref):
        return Ref(f"{base.name}.{name}")
    return base if isinstance(base, _FINAL) else Attribute(base, name)


def parted(value: Expression) -> tuple[Expression, str] | None:
    """What ``value`` is an attribute of, and the attribute's name; ``None`` where it is none."""
    if isinstance(value, Ref) and "." in value.name:
        owner, _, name = value.name.rpartition(".")
        return Ref(owner), name
    return (value.base, value.name) if isinstance(value, Attribute) else None


def result(base: Expression) -> Expression:
    """``base()``; what comes from outside the project is from outside too."""
    if isinstance(base, Attribute) and isinstance(base.base, Collection):
        return given_by(base.base, base.name)
    return base if isinstance(base, _FINAL) else Result(base)


def entered(base: Expression) -> Expression:
    """What ``with base`` binds."""
    return base if isinstance(base, _FINAL) else Entered(base)


def item(base: Expression, iterated: bool = False) -> Expression:
    """One item of ``base``."""
    if isinstance(base, Collection) and not (base.keyed and iterated):
        return base.item
    return base if isinstance(base, _FINAL) else Item(base, iterated)


def instance(of: Expression) -> Expression:
    """An object of the class that ``of`` stands for."""
    return of if isinstance(of, (*_FINAL, Nothing)) else Instance(of)


def either(options: Iterable[Expression]) -> Expression:
    """One of ``options``; ``None`` and repetitions count for nothing."""
    distinct = tuple(dict.fromkeys(option for option in options if not isinstance(option, Nothing)))
    if not distinct:
        return NOTHING
    if len(distinct) == 1:
        return distinct[0]
    if len(distinct) > MOST_OPTIONS:
        return Unknown(f"may be any of {len(distinct)} values")
    return Either(distinct)
