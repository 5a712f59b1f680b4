"""What an expression turns out to stand for, once it is followed through the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dryfit.discover.expressions import NOTHING, Alias, Collection, Expression, Foreign, Nothing, Unknown


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module or package of the project."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function or method of the project, by the name under which it is defined."""

    name: str


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the project."""

    name: str


@dataclass(frozen=True, slots=True)
class InstanceValue:
    """An object of a class of the project; of exactly this class where the source shows how it is made."""

    of: str
    exact: bool


@dataclass(frozen=True, slots=True)
class ParentValue:
    """``super()`` inside a class of the project."""

    of: str


@dataclass(frozen=True, slots=True)
class ContainerMethod:
    """A container's method, and what it gives."""

    gives: Expression


@dataclass(frozen=True, slots=True)
class Several:
    """One of several values, each of which the source tells."""

    options: tuple[Value, ...]


Value = (
    ModuleValue | FunctionValue | ClassValue | InstanceValue | ParentValue | ContainerMethod | Several | Alias
    | Collection | Foreign | Nothing | Unknown
)  # fmt: skip


def agreed(values: list[Value]) -> Value:
    """What all ways agree on, or the several values that they lead to."""
    distinct = list(dict.fromkeys(value for value in values if not isinstance(value, Nothing)))
    if not distinct:
        return NOTHING
    if len(distinct) == 1:
        return distinct[0]
    unknown = next((value for value in distinct if isinstance(value, Unknown)), None)
    if unknown:
        return unknown
    if len({value.of if isinstance(value, InstanceValue) else value for value in distinct}) == 1:
        return next(value for value in distinct if isinstance(value, InstanceValue) and not value.exact)
    return Several(tuple(distinct))


def each_of(value: Value, follow: Callable[[Value], Value]) -> Value:
    """Follow every option of several values."""
    return (
        agreed([follow(option) for option in value.options]) if isinstance(value, Several) else follow(value)
    )


def an_instance(value: Value) -> Value:
    """What an annotation promises: an object of the class that it names."""
    if isinstance(value, ClassValue):
        return InstanceValue(value.name, exact=False)
    return (
        value if isinstance(value, Foreign | Unknown | Nothing) else Unknown("its annotation names no class")
    )


def undecided(*candidates: str) -> Unknown:
    """One of several callables of the project answers."""
    names = ", ".join(candidates[:3]) + (", …" if len(candidates) > 3 else "")
    return Unknown(f"decided at run time: {names}", candidates)
