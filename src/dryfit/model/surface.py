"""What components offer and how others use it, at one moment of a project's history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dryfit.model.seam import Place
from dryfit.model.structure import CallSite, Parameter
from dryfit.model.trace import Skipped

Form = Literal["function", "property", "class", "attribute"]
Role = Literal["caught", "base", "checked", "read"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One name that a component offers: a function or method, a property, a class, or anything else (attribute).

    ``parameters`` leave out the receiver; their annotations, and ``returns``, have their names in full and their
    alternatives sorted (``None | decimal.Decimal``), "" where nothing is declared. ``ancestors`` are a class's, nearest
    first. ``settled`` is false where a decorator or metaclass may change the signature.
    """

    name: str
    component: str
    place: Place
    form: Form
    parameters: tuple[Parameter, ...] = ()
    returns: str = ""
    asynchronous: bool = False
    ancestors: tuple[str, ...] = ()
    settled: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """A component catches a class, derives from it or checks for it, or reads a property of another component."""

    caller: str
    name: str
    place: Place
    role: Role


@dataclass(frozen=True, slots=True)
class Surface:
    """Everything that components offer each other. ``calls`` are those of constructors too; every tuple is sorted.

    ``names`` are, by file and function, the last parts of all that is called there, ``reads`` of all attributes read.
    ``unread`` are the files that could not be read.
    """

    offers: tuple[Offer, ...] = ()
    calls: tuple[CallSite, ...] = ()
    references: tuple[Reference, ...] = ()
    names: frozenset[tuple[str, str, str]] = frozenset()
    reads: frozenset[tuple[str, str, str]] = frozenset()
    unread: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A project's surface at a git revision, and in the work tree; ``revision`` is as the user wrote it."""

    revision: str
    before: Surface = Surface()
    after: Surface = Surface()
    skipped: tuple[Skipped, ...] = ()
