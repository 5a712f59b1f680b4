"""Whatever statements a test runs, the next one finds rows and sequences as in a fresh copy."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

TABLES = ["customers", "orders", "lines", "audit", "events", "cache", "rooms", "ranks", "parents", "children"]

_number = st.integers(1, 8)
_statements = st.one_of(
    st.builds("INSERT INTO customers (name) VALUES ('n{}')".format, st.integers(0, 99)),
    st.builds("INSERT INTO customers (id, name) VALUES ({}, 'm{}')".format, st.integers(1, 20), _number),
    st.builds("INSERT INTO orders (customer_id, total) VALUES ({}, {})".format, _number, _number),
    st.builds(
        "INSERT INTO orders (id, customer_id, total) OVERRIDING SYSTEM VALUE VALUES ({}, 1, 1)".format,
        _number,
    ),
    st.builds("INSERT INTO lines VALUES ({}, {}, repeat('toast', 3000))".format, _number, _number),
    st.builds(
        "INSERT INTO events (day, what) VALUES (date '2024-06-01' + {} * 100, 'w')".format, st.integers(0, 5)
    ),
    st.builds(
        "INSERT INTO cache VALUES ('k{}', '\\x01') ON CONFLICT (key) DO UPDATE SET value = NULL".format,
        _number,
    ),
    st.builds("INSERT INTO rooms VALUES ({}, int4range({}, {} + 9))".format, _number, _number, _number),
    st.builds("INSERT INTO parents VALUES ({}, 'p')".format, _number),
    st.builds("UPDATE customers SET name = name || '{}' WHERE id <= {}".format, _number, _number),
    st.builds("UPDATE customers SET id = id + 100 WHERE id = {}".format, _number),
    st.builds("UPDATE orders SET total = {} WHERE id % 2 = 0".format, _number),
    st.builds("UPDATE events SET day = day + {}".format, st.integers(-400, 400)),
    st.builds("UPDATE ranks SET rank = rank + {}".format, _number),
    st.builds("UPDATE {} SET name = name".format, st.sampled_from(["customers", "ranks", "parents"])),
    st.builds("DELETE FROM {}".format, st.sampled_from(TABLES)),
    st.builds("DELETE FROM customers WHERE id = {}".format, _number),
    st.builds(
        "TRUNCATE {} {} CASCADE".format, st.sampled_from(TABLES), st.sampled_from(["", "RESTART IDENTITY"])
    ),
    st.builds("SELECT nextval('invoices') FROM generate_series(1, {})".format, st.integers(1, 70)),
    st.builds("SELECT setval('customers_id_seq', {})".format, st.integers(1, 999)),
    st.builds("SELECT * FROM orders WHERE id = {} FOR UPDATE".format, _number),
    st.sampled_from(["VACUUM", "VACUUM FULL orders", "VACUUM FREEZE", "ANALYZE", "CHECKPOINT", "SELECT 1/0"]),
    st.sampled_from(["CREATE TEMP TABLE scratch (a int)", "REFRESH MATERIALIZED VIEW totals"]),
    st.sampled_from(
        ["ALTER TABLE ranks ADD extra int", "CREATE INDEX ON lines (sku)", "DROP TABLE IF EXISTS rooms"]
    ),
)
transactions = st.tuples(st.sampled_from(["COMMIT", "COMMIT", "ROLLBACK"]), st.lists(_statements, max_size=5))


def run(connection: psycopg.Connection, end: str, statements: list[str]) -> None:
    """One transaction whose failing statements are undone; what cannot be in one runs by itself."""
    alone = [text for text in statements if text.startswith(("VACUUM", "CHECKPOINT"))]
    together = [text for text in statements if text not in alone]
    connection.execute("BEGIN")
    for text in together:
        connection.execute("SAVEPOINT before")
        try:
            connection.execute(text)
        except psycopg.Error:
            connection.execute("ROLLBACK TO before")
    try:
        connection.execute(end)
    except psycopg.Error:  # a deferred constraint
        connection.execute("ROLLBACK")
    for text in alone:
        connection.execute(text)


@settings(
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tests=st.lists(st.lists(transactions, max_size=3), min_size=1, max_size=4))
@example(
    tests=[
        [("COMMIT", ["DELETE FROM customers", "ALTER TABLE ranks ADD extra int"])],
        [("COMMIT", ["VACUUM"])],
    ]
)
def test_any_statements(database, tests):
    for transactions in tests:
        with database.connect() as connection:
            for end, statements in transactions:
                run(connection, end, statements)
            database.resource.clean()
        found = database.state()
        if found != database.seeded:
            database.resource._replace("so that a smaller example can be looked for")
        assert found == database.seeded


@pytest.mark.parametrize("kept", [True, False])
def test_the_same_test_a_hundred_times_leaves_the_tables_as_small_as_they_were(database, kept):
    with database.connect() as connection:
        size = "SELECT pg_table_size('audit') + pg_table_size('orders')"
        (before,) = connection.execute(size).fetchone()
        for _ in range(100):
            connection.execute("UPDATE orders SET total = total + 1")
            assert database.resource.clean() != ()
        (after,) = connection.execute(size).fetchone()
    assert after <= before + 16 * 8192
