"""What a CHECK constraint demands of the columns of one row, as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Operator = Literal["<", "<=", ">", ">=", "=", "<>"]

NEGATED: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}
FLIPPED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True, slots=True)
class Now:
    """The present, where a constraint compares with ``now()`` or ``CURRENT_DATE``."""


Literals = Decimal | str | bool | Now


@dataclass(frozen=True, slots=True)
class Bound:
    """``column operator value``."""

    column: str
    operator: Operator
    value: Literals


@dataclass(frozen=True, slots=True)
class Among:
    """``column IN (values)``, or NOT IN."""

    column: str
    values: tuple[Literals, ...]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Size:
    """``length(column) operator number``."""

    column: str
    operator: Operator
    number: int


@dataclass(frozen=True, slots=True)
class Order:
    """``left operator right``, two columns."""

    left: str
    operator: Operator
    right: str


@dataclass(frozen=True, slots=True)
class Null:
    """``column IS NULL``, or IS NOT NULL."""

    column: str
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """``column ~ pattern``, a regular expression; or ``LIKE`` (``like``)."""

    column: str
    pattern: str
    like: bool = False
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """``column = lower(column)`` or upper."""

    column: str
    case: Literal["lower", "upper"]


@dataclass(frozen=True, slots=True)
class Unread:
    """A condition that is left to chance and to the database's verdict."""

    sql: str


Demand = Bound | Among | Size | Order | Null | Match | Case | Unread
Alternative = tuple[Demand, ...]
"""Demands that together satisfy a constraint."""


def negated(demand: Demand) -> Demand:
    """The demand that holds exactly where this one does not (NULL aside)."""
    match demand:
        case Bound(column, operator, value):
            return Bound(column, NEGATED[operator], value)
        case Size(column, operator, number):
            return Size(column, NEGATED[operator], number)
        case Order(left, operator, right):
            return Order(left, NEGATED[operator], right)
        case Among(column, values, inside):
            return Among(column, values, not inside)
        case Null(column, wanted):
            return Null(column, not wanted)
        case Match(column, pattern, like, wanted):
            return Match(column, pattern, like, not wanted)
        case Case() | Unread():
            return Unread(f"NOT ({demand})")
