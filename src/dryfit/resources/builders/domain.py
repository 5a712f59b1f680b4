"""What values a field may still take, narrowed by each demand in turn."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import Enum
from uuid import UUID

from dryfit.resources.builders.demands import (
    FLIPPED,
    Among,
    Bound,
    Case,
    Demand,
    Match,
    Null,
    Operator,
    Order,
    Size,
    Unread,
)
from dryfit.resources.builders.entity import Choice, Field
from dryfit.resources.builders.line import ORDERED, limits_of, place, place_of, unit_of, value_at

SCALARS = (str, bytes, int, float, Decimal, date, time, timedelta, UUID, Enum)
LONGEST = 200
"""How long a text without a limit gets at most, in characters."""


class Contradiction(Exception):  # noqa: N818 - no error: the next alternative is tried
    """The demands leave a field no value."""


@dataclass(slots=True)
class Domain:
    """The values left to one field.

    ``low`` and ``high`` are ticks, both inclusive (see ``line``); ``sizes`` are a text's least and greatest length, and
    ``other_sizes`` lengths that it must not have.
    ``null`` tells whether NULL is demanded (True), forbidden (False) or neither. ``known`` is a value that is settled.
    ``touched`` says that some demand was about this field, so that a value must be drawn where one is possible.
    """

    field: Field
    low: int = 0
    high: int = 0
    sizes: tuple[int, int] = (1, LONGEST)
    other_sizes: set[int] = dataclasses.field(default_factory=set)
    choices: tuple[Choice, ...] = ()
    excluded: set[object] = dataclasses.field(default_factory=set)
    patterns: list[Match] = dataclasses.field(default_factory=list)
    case: str = ""
    null: bool | None = None
    known: bool = False
    value: object = None
    touched: bool = False

    def __post_init__(self) -> None:
        self.choices = self.field.choices
        if self.field.sort == "boolean" and not self.choices:
            self.choices = (Choice(True, True), Choice(False, False))
        if self.field.sort in ORDERED:
            low, high = limits_of(self.field)
            self.low, self.high = self.tick(low, ROUND_CEILING), self.tick(high, ROUND_FLOOR)
        if self.field.length is not None:
            self.sizes = (
                self.field.length if self.field.fixed_length else 1,
                min(self.field.length, LONGEST),
            )

    @property
    def ordered(self) -> bool:
        """Whether the values lie on the number line."""
        return self.field.sort in ORDERED and not self.choices

    @property
    def is_null(self) -> bool:
        """Whether NULL is settled, which satisfies every comparison."""
        return self.known and self.value is None

    def tick(self, where: Decimal, rounding: str) -> int:
        """The tick nearest to a place, below or above it."""
        return int((where / unit_of(self.field)).to_integral_value(rounding))

    def settle(self, value: object) -> None:
        """Take a value as given."""
        self.known, self.value = True, value
        if not isinstance(value, SCALARS):
            return
        self.choices = tuple(c for c in self.choices if c.value == value) or (Choice(value, _spelled(value)),)

    def admits_size(self, operator: Operator, number: int) -> None:
        """Narrow the length."""
        low, high = self.sizes
        match operator:
            case "<":
                high = min(high, number - 1)
            case "<=":
                high = min(high, number)
            case ">":
                low = max(low, number + 1)
            case ">=":
                low = max(low, number)
            case "=":
                low, high = max(low, number), min(high, number)
            case "<>":
                self.other_sizes.add(number)
                low, high = low + (number == low), high - (number == high)
        limit = self.field.length
        self.sizes = (low, max(high, low) if limit is None and operator in (">", ">=", "=") else high)
        self.keep(choice for choice in self.choices if _compare(len(str(choice.spelling)), operator, number))
        self._must(self.sizes[0] <= self.sizes[1] or bool(self.choices))

    def bound(self, operator: Operator, where: Decimal) -> None:
        """Narrow the ticks, or the choices, by a place on the number line."""
        if self.choices:
            self.keep(c for c in self.choices if _compare(place(c.spelling), operator, where))
            return
        above, below = self.tick(where, ROUND_CEILING), self.tick(where, ROUND_FLOOR)
        exact = above == below
        if operator in (">", ">=", "="):
            self.low = max(self.low, above + 1 if exact and operator == ">" else above)
        if operator in ("<", "<=", "="):
            self.high = min(self.high, below - 1 if exact and operator == "<" else below)
        if operator == "<>" and exact:
            self.excluded.add(above)
        self._must(self.low <= self.high)

    def keep(self, choices: Iterable[Choice]) -> None:
        """Keep some of the choices, where there are choices at all."""
        if self.choices:
            self.choices = tuple(choices)
            self._must(bool(self.choices))

    def _must(self, holds: bool) -> None:
        if not holds:
            raise Contradiction(self.field.name)


class Domains:
    """The domains of one row's fields; a demand finds its fields by their columns, whatever the case."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.by_name = {each.name: Domain(each) for each in fields}
        self._by_column: Mapping[str, Domain] = {
            **{domain.field.column.lower(): domain for domain in self.by_name.values()},
            **{domain.field.column: domain for domain in self.by_name.values()},
        }
        self.orders: list[Order] = []

    def at(self, column: str) -> Domain | None:
        """The domain of a column; none where the row has no such column."""
        return self._by_column.get(column) or self._by_column.get(column.lower())

    def demand(self, demand: Demand) -> None:
        """Narrow by one demand. Raises ``Contradiction`` where it cannot be met."""
        if isinstance(demand, Order):
            self._order(demand)
            return
        if isinstance(demand, Unread) or (domain := self.at(demand.column)) is None:
            return
        domain.touched = True
        if isinstance(demand, Null):
            _null(domain, demand.wanted)
        elif not domain.is_null:
            # Of a literal that is no value of this field's sort the database will judge.
            with suppress(ValueError):
                _narrow(domain, demand)

    def propagate(self) -> None:
        """Carry bounds across ``a < b`` until nothing moves; each round moves a bound along one more order."""
        for _ in range(2 * len(self.orders)):
            for order in self.orders:
                left, right = self.at(order.left), self.at(order.right)
                if left is not None and right is not None:
                    _between(left, order.operator, right)

    def _order(self, order: Order) -> None:
        left, right = self.at(order.left), self.at(order.right)
        if left is None or right is None:
            return
        left.touched = right.touched = True
        self.orders.append(order)


def _between(left: Domain, operator: Operator, right: Domain) -> None:
    if left.is_null or right.is_null:
        return
    if left.known and right.known:
        _both_known(left, operator, right)
    elif operator in ("<", "<="):
        _below(left, operator, right)
    elif operator in (">", ">="):
        _below(right, FLIPPED[operator], left)
    elif operator == "=":
        _below(left, "<=", right)
        _below(right, "<=", left)
    elif left.known:
        _differ(right, left)
    elif right.known:
        _differ(left, right)


def _both_known(left: Domain, operator: Operator, right: Domain) -> None:
    try:
        holds = _compare(place(left.value), operator, place(right.value))
    except ValueError:
        return
    if not holds:
        raise Contradiction(left.field.name)


def _below(left: Domain, operator: Operator, right: Domain) -> None:
    least, greatest = _ends(left)[0], _ends(right)[1]
    if greatest is not None and not left.known:
        left.bound(operator, greatest)
    if least is not None and not right.known:
        right.bound(FLIPPED[operator], least)


def _ends(domain: Domain) -> tuple[Decimal | None, Decimal | None]:
    if domain.known or domain.choices:
        try:
            places = [place(choice.spelling) for choice in domain.choices]
        except ValueError:
            return None, None
        return min(places), max(places)
    if not domain.ordered:
        return None, None
    unit = unit_of(domain.field)
    return domain.low * unit, domain.high * unit


def _differ(domain: Domain, known: Domain) -> None:
    if domain.choices:
        domain.keep(choice for choice in domain.choices if choice.value != known.value)
    elif domain.ordered:
        domain.bound("<>", place(known.value))
    else:
        domain.excluded.add(known.value)


def _null(domain: Domain, wanted: bool) -> None:
    settled = domain.known and (domain.value is None) != wanted
    if settled or (wanted and domain.field.required) or domain.null is (not wanted):
        raise Contradiction(domain.field.name)
    domain.null = wanted


def _narrow(domain: Domain, demand: Demand) -> None:
    match demand:
        case Bound(_, operator, value):
            _bound(domain, operator, value)
        case Among(_, values, inside):
            _among(domain, values, inside)
        case Size(_, operator, number):
            domain.admits_size(operator, number)
        case Match():
            domain.patterns.append(demand)
            domain.keep(choice for choice in domain.choices if matches(demand, str(choice.spelling)))
        case Case(_, case):
            domain.case = case
            domain.keep(c for c in domain.choices if str(c.spelling) == getattr(str(c.spelling), case)())


def _bound(domain: Domain, operator: Operator, value: object) -> None:
    if domain.field.sort in ORDERED:
        domain.bound(operator, place_of(value, domain.field, lower=operator in (">", ">=")))
    elif operator in ("=", "<>"):
        _among(domain, (value,), operator == "=")


def _among(domain: Domain, values: tuple[object, ...], inside: bool) -> None:
    if domain.field.sort in ORDERED and not domain.choices:
        values = tuple(place_of(value, domain.field) for value in values)
    spelled = {_spelled(value) for value in values}
    if domain.choices:
        domain.keep(choice for choice in domain.choices if (_spelled(choice.spelling) in spelled) == inside)
    elif not inside and domain.ordered:
        for value in values:
            domain.bound("<>", place(value))
    elif not inside:
        domain.excluded |= set(values)
    else:
        domain.choices = tuple(choice for value in values for choice in _as_choice(value, domain))
        if not domain.choices:
            raise Contradiction(domain.field.name)


def _as_choice(value: object, domain: Domain) -> tuple[Choice, ...]:
    if isinstance(value, Decimal) and domain.field.sort in ORDERED:
        tick = domain.tick(value, ROUND_FLOOR)
        fits = tick * unit_of(domain.field) == value and domain.low <= tick <= domain.high
        return (Choice(value_at(tick, domain.field), value),) if fits else ()
    if isinstance(value, str) and not domain.sizes[0] <= len(value) <= (domain.field.length or len(value)):
        return ()
    return (Choice(value, value),)


def _spelled(value: object) -> object:
    """A value as constraints compare it: numbers and moments by their place, the rest as they are."""
    try:
        return place(value)
    except ValueError:
        return value


def _compare(left: Decimal | int, operator: Operator, right: Decimal | int) -> bool:
    return {
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "=": left == right,
        "<>": left != right,
    }[operator]  # fmt: skip


def matches(demand: Match, text: str) -> bool:
    """Whether a text meets a pattern; a pattern that Python cannot read is met, for the database to judge."""
    try:
        pattern = _like(demand.pattern) if demand.like else demand.pattern
        return (re.search(pattern, text) is not None) == demand.wanted
    except re.error:
        return True


def _like(pattern: str) -> str:
    parts = (".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in pattern)
    return f"^{''.join(parts)}$"
