"""What can be made, as values: the fields, references, children and constraints of one class or table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Sort = Literal[
    "integer", "decimal", "float", "text", "boolean", "date", "datetime", "time", "interval",
    "uuid", "bytes", "json", "array", "ip", "network", "mac", "bits", "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a field, and its spelling in the database."""

    value: object
    spelling: object


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a row.

    ``name`` is what ``make`` takes, ``column`` the name in the database. ``required`` means NOT NULL; ``filled``, that
    the model or the database gives it a value by itself; a field that is not ``writable`` takes no other (generated
    columns). ``low`` and ``high`` are the type's limits, both inclusive. ``as_text`` asks for a UUID's text.
    """

    name: str
    column: str
    sort: Sort
    required: bool = True
    filled: bool = False
    writable: bool = True
    length: int | None = None
    fixed_length: bool = False
    precision: int | None = None
    scale: int | None = None
    low: int | None = None
    high: int | None = None
    aware: bool = False
    choices: tuple[Choice, ...] = ()
    item: Field | None = None
    as_text: bool = False
    type_name: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: ``fields`` hold the ``target_fields`` of a row of ``target`` (a class or a table).

    ``name`` is what ``make`` takes; ``relation`` is the attribute that takes the parent itself, "" where none does.
    """

    name: str
    fields: tuple[str, ...]
    target: object
    target_fields: tuple[str, ...]
    required: bool
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Children:
    """A collection of rows of ``entity`` that point here by their reference ``reference``.

    ``reference`` is "" for a many-to-many collection, whose rows point nowhere. Of a one-to-one, ``many`` is false.
    """

    name: str
    entity: object
    reference: str
    many: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint: its name in the database and its SQL."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Entity:
    """One class or table. ``uniques`` hold the names of fields; ``dialect`` is that of the checks' SQL."""

    name: str
    model: object
    fields: tuple[Field, ...]
    references: tuple[Reference, ...] = ()
    children: tuple[Children, ...] = ()
    uniques: tuple[frozenset[str], ...] = ()
    checks: tuple[Check, ...] = ()
    dialect: str = ""

    def field(self, name: str) -> Field | None:
        """The field of a name."""
        return next((field for field in self.fields if field.name == name), None)

    def reference(self, name: str) -> Reference | None:
        """The reference of a name."""
        return next((reference for reference in self.references if reference.name == name), None)

    def names(self) -> tuple[str, ...]:
        """All that ``make`` takes."""
        related = [*(r.name for r in self.references), *(c.name for c in self.children)]
        return tuple(dict.fromkeys([*related, *(field.name for field in self.fields)]))


def with_constraints(entity: Entity, checks: Iterable[Check], uniques: Iterable[frozenset[str]]) -> Entity:
    """The entity with more constraints; a CHECK that it has by the same name is replaced."""
    added = tuple(checks)
    names = {check.name for check in added}
    kept = (check for check in entity.checks if check.name not in names)
    return replace(entity, checks=(*kept, *added), uniques=(*entity.uniques, *uniques))


RefusalKind = Literal["unique", "check", "foreign key", "not null", "value", "other"]


class Refusal(Exception):  # noqa: N818 - what a database does; raised and caught inside this room
    """The database did not take a row; everything is as it was before the row was offered."""

    def __init__(self, kind: RefusalKind, constraint: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.constraint = constraint
        self.message = message
