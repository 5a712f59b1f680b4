"""What statements are given is told by the columns that it is for, and never a secret."""

from __future__ import annotations

import pytest

from dryfit.probes.given import said


@pytest.mark.parametrize(
    ("sql", "arguments", "expected"),
    [
        ("SELECT * FROM wallets WHERE wallets.id = %(pk_1)s::INTEGER FOR UPDATE", {"pk_1": 2}, "id=2"),
        ("UPDATE stock SET left = ? WHERE sku = ?", (3, "saw"), 'left=3, sku="saw"'),
        ("SELECT pg_advisory_xact_lock(%s)", [7], "7"),
        (b"DELETE FROM stock WHERE sku = $1", ("saw",), 'sku="saw"'),
        ("UPDATE users SET password = %s WHERE id = %s", ("hunter2", 4), "password=<secret>, id=4"),
        (
            "UPDATE users SET password = %(p)s WHERE id = %(i)s",
            {"p": "hunter2", "i": 4},
            "password=<secret>, id=4",
        ),
        ("SELECT * FROM users WHERE name = %(token)s", {"token": "abc"}, "name=<secret>"),
        ("INSERT INTO t (card, cents) VALUES (?, ?)", ("4111", 5), "card=<secret>, cents=5"),
        ("SELECT check_password(?, ?)", ("ann", "hunter2"), "<secret>, <secret>"),
        ("INSERT INTO t (a) VALUES (?)", [(1,), (2,), (3,)], "a=1 and 2 more"),
        ("INSERT INTO t (a) VALUES (?)", [("x" * 60,)], f'a="{"x" * 38}…'),
        (
            "INSERT INTO t (a, b, c, d, e, f, g) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (1,) * 7,
            "a=1, b=1, c=1, d=1, e=1, f=1, …",
        ),
        ("SELECT 1", (), ""),
        ("SELECT 1", None, ""),
        (object(), (1,), ""),
    ],
)
def test_values_by_their_columns(sql: object, arguments: object, expected: str):
    assert said(sql, arguments) == expected


def test_rows_that_come_from_a_generator_are_left_to_the_driver():
    rows = ((number,) for number in range(3))

    assert said("INSERT INTO t (a) VALUES (?)", rows) == ""
    assert next(rows) == (0,)
