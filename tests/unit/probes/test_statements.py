"""What statements do, and what their placeholders stand for."""

from __future__ import annotations

import pytest

from dryfit.probes.statements import read, tables_read


@pytest.mark.parametrize(
    ("sql", "does", "name"),
    [
        ("INSERT INTO t VALUES (1)", "write", ""),
        ("-- a remark\n  update t set x = 1", "write", ""),
        ("commit;", "commit", ""),
        ("END TRANSACTION", "commit", ""),
        ("ROLLBACK", "rollback", ""),
        ("ABORT", "rollback", ""),
        ("SAVEPOINT sa_savepoint_1", "savepoint", "sa_savepoint_1"),
        ('RELEASE SAVEPOINT "S"', "release", "s"),
        ("RELEASE s", "release", "s"),
        ("ROLLBACK TO SAVEPOINT s", "rollback to", "s"),
        ("rollback to s", "rollback to", "s"),
        ("BEGIN IMMEDIATE", "nothing", ""),
        ("SET LOCAL lock_timeout = '1s'", "nothing", ""),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", "write", ""),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "nothing", ""),
        ("WITH a AS (DELETE FROM t RETURNING x) SELECT * FROM a", "write", ""),
        ("", "write", ""),
    ],
)
def test_what_it_does(sql, does, name):
    found = read(sql)
    assert (found.does, found.name) == (does, name)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("INSERT INTO t (a, order_id) VALUES (?, ?)", ("a", "order_id")),
        ("INSERT INTO t (a, b) VALUES (%s, lower(%s)), (%s, now())", ("a", "b", "a")),
        ("INSERT INTO t (a, b) VALUES (%(x)s::INTEGER, %(y)s)", ("a", "b")),
        ("INSERT INTO t VALUES (?)", ("",)),
        ("UPDATE t SET status = ?, total=? WHERE t.id = ?", ("status", "total", "id")),
        ("DELETE FROM t WHERE id = $1 AND x > $2", ("id", "x")),
        ("UPDATE t SET x = :x_1 WHERE y IN (:y_1)", ("x", "y")),
    ],
)
def test_what_placeholders_stand_for(sql, names):
    assert read(sql).names == names


@pytest.mark.parametrize(
    ("sql", "is_idempotent"),
    [
        ("UPDATE t SET status = ? WHERE id = ?", True),
        ("UPDATE t SET a=%(a)s, b = 'x', c = NULL", True),
        ("UPDATE t SET n = n - 1 WHERE id = ?", False),
        ("UPDATE t SET a = ?, n = n + ?", False),
        ("DELETE FROM t WHERE id = ?", True),
        ("INSERT INTO t VALUES (1)", False),
        ("CREATE TABLE IF NOT EXISTS t (x)", True),
        ("CREATE TABLE t (x)", False),
    ],
)
def test_what_may_be_repeated(sql, is_idempotent):
    assert read(sql).is_idempotent is is_idempotent


def test_literals_of_a_statement_with_a_secret_are_hidden():
    found = read("INSERT INTO users (name, password)\n  VALUES ('ann', 'it''s')")
    assert found.text == "INSERT INTO users (name, password) VALUES ('<secret>', '<secret>')"
    assert found.is_secret


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        (
            'SELECT a.x FROM accounts a JOIN "Bank"."Limits" l ON l.id = a.id -- FROM remarks',
            ("accounts", "limits"),
        ),
        (
            "UPDATE savings SET x = (SELECT sum(y) FROM public.checking WHERE who = 'FROM text')",
            ("checking",),
        ),
        ("INSERT INTO log SELECT * FROM ONLY orders", ("orders",)),
        ("UPDATE orders SET x = 1", ()),
    ],
)
def test_the_tables_that_a_statement_names_where_it_reads(sql, tables):
    assert tables_read(sql) == tables
