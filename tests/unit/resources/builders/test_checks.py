"""CHECK constraints are read into what they demand."""

from decimal import Decimal

import pytest

from dryfit.resources.builders.checks import MOST_ALTERNATIVES, alternatives
from dryfit.resources.builders.demands import Among, Bound, Case, Match, Now, Null, Order, Size, Unread


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("price > 0", [(Bound("price", ">", Decimal(0)),)]),
        ("0 < price", [(Bound("price", ">", Decimal(0)),)]),
        ("price > '-1'::integer", [(Bound("price", ">", "-1"),)]),
        (
            "price > (0)::numeric AND price <= 9",
            [(Bound("price", ">", Decimal(0)), Bound("price", "<=", Decimal(9)))],
        ),
        ("a BETWEEN 1 AND 5", [(Bound("a", ">=", Decimal(1)), Bound("a", "<=", Decimal(5)))]),
        ("NOT a BETWEEN 1 AND 5", [(Bound("a", "<", Decimal(1)),), (Bound("a", ">", Decimal(5)),)]),
        ("status IN ('a', 'b')", [(Among("status", ("a", "b")),)]),
        ("status NOT IN ('a')", [(Among("status", ("a",), inside=False),)]),
        ("(status)::text = ANY ((ARRAY['a'::character varying])::text[])", [(Among("status", ("a",)),)]),
        ("status <> ALL (ARRAY['a'::text])", [(Among("status", ("a",), inside=False),)]),
        ("char_length((name)::text) >= 3", [(Size("name", ">=", 3),)]),
        ("length(btrim(name)) > 0", [(Size("name", ">", 0),)]),
        ("starts < ends", [(Order("starts", "<", "ends"),)]),
        ("email = lower(email)", [(Case("email", "lower"),)]),
        ("lower(email) = email", [(Case("email", "lower"),)]),
        ("code ~ '^[A-Z]+$'::text", [(Match("code", "^[A-Z]+$"),)]),
        ("email ~~ '%@%'::text", [(Match("email", "%@%", like=True),)]),
        ("email NOT LIKE '%@%'", [(Match("email", "%@%", like=True, wanted=False),)]),
        ("at <= now()", [(Bound("at", "<=", Now()),)]),
        ("due > CURRENT_DATE", [(Bound("due", ">", Now()),)]),
        ("active", [(Bound("active", "=", True),)]),
        ("NOT active", [(Bound("active", "<>", True),)]),
        ("a IS NULL OR a > 1", [(Null("a"),), (Bound("a", ">", Decimal(1)),)]),
        ("NOT (a = 1 AND b IS NULL)", [(Bound("a", "<>", Decimal(1)),), (Null("b", wanted=False),)]),
        ("(a IS NULL) <> (b IS NULL)", [(Null("a"), Null("b", False)), (Null("a", False), Null("b"))]),
        ("num_nonnulls(a, b) = 1", [(Null("a", False), Null("b")), (Null("a"), Null("b", False))]),
    ],
)
def test_a_condition_is_read(sql: str, expected: list[tuple[object, ...]]) -> None:
    assert list(alternatives(sql, "postgres")) == expected


@pytest.mark.parametrize("sql", ["a + b <= 100", "my_check(a)", "a IN (SELECT 1)", "(((", "a % 2 = 0"])
def test_what_is_not_understood_is_left_to_chance(sql: str) -> None:
    (way,) = alternatives(sql, "postgres")
    assert [type(demand) for demand in way] == [Unread]


def test_alternatives_do_not_explode() -> None:
    sql = " AND ".join(f"(a{n} IS NULL OR a{n} > 0)" for n in range(20))
    assert len(alternatives(sql, "postgres")) == MOST_ALTERNATIVES
