"""Reads CHECK constraints: from their SQL to the alternatives of demands that satisfy them.

sqlglot parses; what is not understood becomes ``Unread``, which is left to chance and to the database's verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import islice, product

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dryfit.resources.builders.demands import (
    FLIPPED,
    Alternative,
    Among,
    Bound,
    Case,
    Demand,
    Literals,
    Match,
    Now,
    Null,
    Operator,
    Order,
    Size,
    Unread,
    negated,
)

MOST_ALTERNATIVES = 256

OPERATORS: dict[type[exp.Expr], Operator] = {
    exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.EQ: "=", exp.NEQ: "<>",
    exp.NullSafeEQ: "=", exp.NullSafeNEQ: "<>",
}  # fmt: skip
PRESENT = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime)
TRANSPARENT = (exp.Paren, exp.Cast, exp.Trim, exp.Collate)
"""Wrappers that change no value which is made here: texts have no blanks at their ends."""


@lru_cache(maxsize=4096)
def alternatives(sql: str, dialect: str) -> tuple[Alternative, ...]:
    """The ways to satisfy a condition, at most 256: the parts of its disjunctive normal form."""
    try:
        parsed = sqlglot.parse_one(sql, read=dialect or None)
    except SqlglotError:
        return ((Unread(sql),),)
    return tuple(islice(_ways(parsed, True), MOST_ALTERNATIVES))


def combined(constraints: Iterable[tuple[Alternative, ...]]) -> tuple[Alternative, ...]:
    """The ways to satisfy several conditions at once, at most 256."""
    choices = product(*constraints)
    return tuple(tuple(part for way in ways for part in way) for ways in islice(choices, MOST_ALTERNATIVES))


def _ways(node: exp.Expr, wanted: bool) -> Iterator[Alternative]:
    if isinstance(node, exp.Paren):
        yield from _ways(node.this, wanted)
    elif isinstance(node, exp.Not):
        yield from _ways(node.this, not wanted)
    elif isinstance(node, exp.And if wanted else exp.Or):
        left, right = list(_ways(node.left, wanted)), list(_ways(node.right, wanted))
        yield from combined((tuple(left), tuple(right)))
    elif isinstance(node, exp.And | exp.Or):
        yield from _ways(node.left, wanted)
        yield from _ways(node.right, wanted)
    else:
        yield from _atom(node, wanted)


def _atom(node: exp.Expr, wanted: bool) -> Iterator[Alternative]:
    if node.args.get("negate"):  # IS NOT, NOT LIKE
        wanted = not wanted
    if _compares_conditions(node):
        yield from _equivalence(node, wanted)
    elif (columns := _counted_nulls(node)) and wanted:
        for held in columns:
            yield tuple(Null(column, column != held) for column in columns)
    elif isinstance(node, exp.Between):
        low = exp.GTE(this=node.this, expression=node.args["low"])
        high = exp.LTE(this=node.this, expression=node.args["high"])
        yield from _ways(exp.And(this=low, expression=high), wanted)
    else:
        demand = _demand(node)
        yield (demand if wanted else negated(demand),)


def _compares_conditions(node: exp.Expr) -> bool:
    conditions = (exp.Is, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.And, exp.Or, exp.Not)
    return isinstance(node, exp.EQ | exp.NEQ | exp.NullSafeEQ | exp.NullSafeNEQ) and all(
        isinstance(side.unnest(), conditions) for side in (node.left, node.right)
    )


def _equivalence(node: exp.Expr, wanted: bool) -> Iterator[Alternative]:
    """``(a IS NULL) = (b IS NULL)``: both or none; with ``<>``, exactly one."""
    same = isinstance(node, exp.EQ | exp.NullSafeEQ) == wanted
    for left in (True, False):
        ways = (tuple(_ways(node.this, left)), tuple(_ways(node.expression, left == same)))
        yield from combined(ways)


def _counted_nulls(node: exp.Expr) -> tuple[str, ...]:
    """The columns of ``num_nonnulls(a, b) = 1``."""
    if not isinstance(node, exp.EQ | exp.GTE) or not isinstance(node.this, exp.Anonymous):
        return ()
    if str(node.this.this).lower() != "num_nonnulls" or _literal(node.expression) != Decimal(1):
        return ()
    columns = [_column(argument) for argument in node.this.expressions]
    return tuple(column for column in columns if column is not None)


def _demand(node: exp.Expr) -> Demand:
    if isinstance(node, exp.In):
        return _among(node, node.this, node.expressions)
    if isinstance(node, exp.Is):
        return _is(node)
    if isinstance(node, exp.RegexpLike | exp.RegexpILike | exp.Like):
        return _match(node)
    if (column := _column(node)) is not None:
        return Bound(column, "=", True)
    for kind, operator in OPERATORS.items():
        if isinstance(node, kind):
            return _comparison(node, operator)
    return Unread(node.sql())


def _among(node: exp.Expr, target: exp.Expr, members: list[exp.Expr]) -> Demand:
    column, values = _column(target), [_literal(member) for member in members]
    known = tuple(value for value in values if value is not None)
    if column is None or not known or len(known) != len(values):
        return Unread(node.sql())
    return Among(column, known)


def _is(node: exp.Is) -> Demand:
    column, value = _column(node.this), node.expression
    if column is not None and isinstance(value, exp.Null):
        return Null(column)
    if column is not None and isinstance(value, exp.Boolean):
        return Bound(column, "=", bool(value.this))
    return Unread(node.sql())


def _match(node: exp.Expr) -> Demand:
    column, pattern = _column(node.this), _literal(node.expression)
    if column is None or not isinstance(pattern, str):
        return Unread(node.sql())
    return Match(column, pattern, like=isinstance(node, exp.Like))


def _comparison(node: exp.Expr, operator: Operator) -> Demand:
    left, right = _bare(node.this), _bare(node.expression)
    if operator == "=" and isinstance(right, exp.Any):
        return _among(node, left, _bare(right.this).expressions)
    if operator == "<>" and isinstance(right, exp.Anonymous) and str(right.this).upper() == "ALL":
        return negated(_among(node, left, _bare(right.expressions[0]).expressions))
    return (
        _with_literal(left, operator, right)
        or _with_literal(right, FLIPPED[operator], left)
        or _of_columns(left, operator, right)
        or Unread(node.sql())
    )


def _with_literal(left: exp.Expr, operator: Operator, right: exp.Expr) -> Demand | None:
    value = _literal(right)
    if value is None:
        return None
    if isinstance(left, exp.Length) and isinstance(value, Decimal):
        sized = _column(left.this)
        return Size(sized, operator, int(value)) if sized is not None else None
    column = _column(left)
    return Bound(column, operator, value) if column is not None else None


def _of_columns(left: exp.Expr, operator: Operator, right: exp.Expr) -> Demand | None:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, exp.Lower | exp.Upper) and operator == "=":
            column = _column(one)
            if column is not None and column == _column(other.this):
                return Case(column, "lower" if isinstance(other, exp.Lower) else "upper")
    first, second = _column(left), _column(right)
    return Order(first, operator, second) if first is not None and second is not None else None


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, TRANSPARENT):
        node = node.this
    return node


def _column(node: exp.Expr) -> str | None:
    node = _bare(node)
    return node.name if isinstance(node, exp.Column) else None


def _literal(node: exp.Expr) -> Literals | None:
    node = _bare(node)
    if isinstance(node, PRESENT):
        return Now()
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg):
        value = _literal(node.this)
        return -value if isinstance(value, Decimal) else None
    if not isinstance(node, exp.Literal):
        return None
    return str(node.this) if node.is_string else Decimal(str(node.this))
