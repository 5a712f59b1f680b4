"""A PostgreSQL database is read whole, in order, and without anybody noticing."""

from __future__ import annotations

import psycopg
import pytest
from tests.states import state

from dryfit.model.digest import Column, diff
from dryfit.resources.digest import postgres

SCHEMA = """
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, password text);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id int REFERENCES users, total numeric(8, 2),
    created_at timestamptz DEFAULT now(), details jsonb, token uuid DEFAULT gen_random_uuid(), scan bytea
);
CREATE SCHEMA audit;
CREATE TABLE audit.events (at timestamptz DEFAULT now(), text text);
CREATE TEMPORARY TABLE scratch (n int);
"""


@pytest.fixture
def shop(database):
    """A connection to a small shop, which commits everything at once."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO users (name, password) VALUES ('Ann', 'xyzzy')")
        yield connection


def order(connection, total="199.90"):
    connection.execute(
        "INSERT INTO orders (user_id, total, details, scan) VALUES (1, %s, %s, %s)",
        (total, '{"b": [1, 2.50], "a": {"token": "xyzzy"}}', b"\0\1"),
    )
    connection.execute(
        "INSERT INTO audit.events (text) SELECT 'order ' || token FROM orders ORDER BY id DESC LIMIT 1"
    )


def test_every_table_of_users_is_read(shop, database):
    order(shop)
    places = postgres.read(database, "shop").places
    assert list(places) == [("shop", "audit.events"), ("shop", "orders"), ("shop", "users")]
    assert places["shop", "users"].columns == (
        Column("id", key=True, generated=True),
        Column("name"),
        Column("password"),
    )
    assert places["shop", "orders"].columns[:2] == (
        Column("id", key=True, generated=True),
        Column("user_id", references="users"),
    )
    ((number, user, total, _, details, _, scan),) = places["shop", "orders"].rows
    assert (number, user, total, scan) == ("1", "1", "199.90", r'"\\x0001"')
    assert details.startswith('{"a": {"token": "<secret ')
    assert details.endswith('"b": [1, 2.5]}')


def test_no_secret_is_told(shop, database):
    order(shop)
    assert "xyzzy" not in repr(postgres.read(database, "shop"))


def test_two_runs_are_the_same_but_for_what_was_generated(shop, database):
    before = postgres.read(database, "shop")
    order(shop)
    first = postgres.read(database, "shop")
    shop.execute("DELETE FROM orders; DELETE FROM audit.events; SELECT nextval('orders_id_seq')")
    order(shop)
    second = postgres.read(database, "shop")
    assert first != second
    assert state(before, first, second) == "success"
    shop.execute("UPDATE orders SET total = 0")
    assert state(before, first, postgres.read(database, "shop")) == "other"
    told = [str(change) for change in diff(before, second)]
    assert told[0] == 'audit.events: 1 row added (at=<time>, text="order <id 1>")'
    assert told[1].startswith("orders: 1 row added (id=<id 2>, user_id=1, total=199.90, created_at=<time>, ")


def test_rows_stand_in_the_order_of_their_keys(shop, database):
    shop.execute("INSERT INTO users (id, name) SELECT 100 - n, 'x' FROM generate_series(1, 50) n")
    rows = postgres.read(database, "shop").places["shop", "users"].rows
    assert [int(row[0]) for row in rows] == [1, *range(50, 100)]


def test_a_large_table_is_left_out(shop, database):
    shop.execute(f"INSERT INTO users (name) SELECT 'x' FROM generate_series(1, {postgres.MOST_ROWS})")
    found = postgres.read(database, "shop")
    assert ("shop", "users") not in found.places
    assert [str(skipped.what) for skipped in found.left_out()] == ["shop users"]


def test_nobody_is_waited_for(shop, database):
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        found = postgres.read(database, "shop")
    assert found.skipped == ((("shop", "users"), "somebody holds it locked"),)
    assert ("shop", "orders") in found.places


def test_a_copy_of_the_database_has_locks_of_its_own(postgres_server, database):
    """Its tables have the same numbers."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("CREATE TABLE users (id int)")
    name = database.rpartition("=")[2]
    with psycopg.connect(f"{postgres_server} dbname=postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE copied TEMPLATE {name}".encode())
        try:
            with psycopg.connect(f"{postgres_server} dbname=copied") as other:
                other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
                found = postgres.read(database, "shop")
        finally:
            admin.execute("DROP DATABASE copied WITH (FORCE)")
    assert found.skipped == ()


def test_a_table_that_may_not_be_read_is_left_out(shop, database):
    shop.execute("CREATE ROLE visitor LOGIN; GRANT SELECT ON orders TO visitor")
    try:
        found = postgres.read(database.replace("user=owner", "user=visitor"), "shop")
    finally:
        shop.execute("DROP OWNED BY visitor; DROP ROLE visitor")
    assert [spot for spot, _ in found.skipped] == [("shop", "audit.events"), ("shop", "users")]


def test_uncommitted_work_is_not_seen_and_its_session_is_named(shop, database):
    with psycopg.connect(database) as other:
        other.execute("INSERT INTO users (name) VALUES ('Bob')")
        found = postgres.read(database, "shop", transactions=True)
        ((session, _, statement, wrote),) = found.places["shop", postgres.TRANSACTIONS].rows
        assert int(session) == other.info.backend_pid
        assert "Bob" in statement
        assert wrote == "true"
        other.rollback()
    assert len(found.places["shop", "users"].rows) == 1


def test_no_connection_stays_open(shop, database, until):
    postgres.read(database, "shop", transactions=True)
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'dryfit'"
    with psycopg.connect(database, autocommit=True) as watcher:
        until(lambda: watcher.execute(sessions, (watcher.info.dbname,)).fetchone() == (0,))
