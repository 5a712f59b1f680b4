"""What is drafted for a row meets its constraints, as a database understands them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dryfit.resources.builders.checks import alternatives, combined
from dryfit.resources.builders.demands import Unread
from dryfit.resources.builders.domain import Contradiction
from dryfit.resources.builders.draft import Draft, drafts
from dryfit.resources.builders.entity import Check, Choice, Entity, Field

NUMBERS = ("a", "b", "c")
CHOICES = tuple(Choice(value, value) for value in ("new", "paid", "sent"))
FIELDS = (
    *(Field(name, name, "integer", low=-1000, high=1000) for name in NUMBERS),
    Field("price", "price", "decimal", precision=5, scale=2),
    Field("day", "day", "date"),
    Field("at", "at", "datetime"),
    Field("hour", "hour", "time"),
    Field("name", "name", "text", length=30),
    Field("code", "code", "text", length=8),
    Field("status", "status", "text", choices=CHOICES),
    Field("note", "note", "text", required=False),
)

bounds = st.builds(
    "{} {} {}".format,
    st.sampled_from([*NUMBERS, "price"]),
    st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]),
    st.integers(-90, 90),
)
orders = st.builds(
    "{} {} {}".format,
    st.sampled_from(NUMBERS),
    st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]),
    st.sampled_from(NUMBERS),
)
sizes = st.builds(
    "length({}) {} {}".format,
    st.sampled_from(["name", "code"]),
    st.sampled_from(["<=", ">=", "=", "<>"]),
    st.integers(2, 8),
)
others = st.sampled_from(
    [
        "status IN ('new', 'paid')",
        "status <> 'new'",
        "status = 'sent'",
        "code IN ('abc', 'wxyz')",
        "note IS NOT NULL",
        "note IS NULL",
        "note LIKE 'x%'",
        "code = upper(code)",
        "day >= '2024-02-03' AND day < '2024-03-01'",
        "at > '2024-02-03 10:00:00'",
        "hour < '09:30:00'",
        "a BETWEEN -4 AND 4",
        "a NOT IN (1, 2, 3)",
    ]
)
atoms = st.one_of(bounds, orders, sizes, others)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=5,
)


def entity(*checks: str) -> Entity:
    return Entity("rows", "rows", FIELDS, checks=tuple(Check("", sql) for sql in checks), dialect="sqlite")


def drafted(given: Mapping[str, object], *checks: str) -> dict[str, object] | None:
    """The values of the first alternative that is understood and has no contradiction."""
    made = entity(*checks)
    for way in combined(alternatives(sql, "sqlite") for sql in checks):
        if any(isinstance(demand, Unread) for demand in way):
            continue
        try:
            return Draft(made, way, given, ("seed",)).values({})
        except Contradiction:
            continue
    return None


def violates(sql: str, values: Mapping[str, object]) -> bool:
    """Whether SQLite, too, would refuse the row; a NULL result satisfies a CHECK."""
    columns = ", ".join(f":{field.name} AS {field.name}" for field in FIELDS)
    bound = {field.name: as_sqlite(values.get(field.name)) for field in FIELDS}
    with closing(sqlite3.connect(":memory:")) as connection:
        (found,) = connection.execute(f"SELECT ({sql}) FROM (SELECT {columns})", bound).fetchone()
    return found == 0


def as_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value if isinstance(value, str | int | None) else float(str(value))


@given(
    st.lists(conditions, min_size=1, max_size=3), st.sampled_from([{}, {"a": 4}, {"status": "paid", "b": -7}])
)
def test_what_is_drafted_meets_the_constraints(checks: list[str], chosen: dict[str, object]) -> None:
    values = drafted(chosen, *checks)
    assume(values is not None)
    assert values is not None
    assert chosen.items() <= values.items()
    assert [sql for sql in checks if violates(sql, values)] == []


@given(st.text(min_size=1), st.text(min_size=1))
def test_seeds_decide_and_columns_are_drawn_apart(one: str, other: str) -> None:
    assume(one != other)
    unique = Entity("rows", "rows", (Field("id", "id", "uuid"), FIELDS[7]), uniques=(frozenset({"id"}),))
    more = Entity("rows", "rows", (Field("new", "new", "integer"), *unique.fields))
    drawn = [
        Draft(each, (), {}, (seed,)).values({})
        for each, seed in ((unique, one), (more, one), (unique, other))
    ]
    assert drawn[1] == {"new": drawn[1]["new"], **drawn[0]}
    assert drawn[0]["id"] != drawn[2]["id"]


@pytest.mark.parametrize(
    "sql", ["a > 1000", "a > b AND b > a", "price >= 1000", "length(code) > 8", "status = 'lost'"]
)
def test_what_cannot_be_met_contradicts(sql: str) -> None:
    assert drafted({}, sql) is None


def test_a_constraint_against_what_is_given_is_left_to_the_database() -> None:
    few = list(drafts(entity("a > 5", "b > 7"), {"a": 1}, ("seed",), 50))
    values = few[0].values({})
    assert (len(few), values["a"]) == (3, 1)
    assert isinstance(values["b"], int)
    assert values["b"] > 7
