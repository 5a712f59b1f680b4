"""Whole sessions on a real server that dryfit has not started: what is left is told, what is cleaned is not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from tests import plugins

PROGRAM = """
    import psycopg

    def place(connection, total):
        connection.execute("INSERT INTO orders (total) VALUES (%s)", (total,))

    def count(connection):
        return connection.execute("SELECT count(*) FROM orders").fetchone()[0]
"""

SUITE = """
    import os
    import psycopg
    import pytest
    import orders

    @pytest.fixture(scope="session")
    def shared():
        with psycopg.connect(os.environ["DSN"], autocommit=True) as connection:
            connection.execute("CREATE TABLE orders (id serial PRIMARY KEY, total numeric)")
            orders.place(connection, 1)
            yield connection
            connection.execute("DROP TABLE orders")

    {fixture}

    @pytest.mark.parametrize("number", range(3))
    def test_an_order_is_placed(connection, number):
        before = orders.count(connection)
        orders.place(connection, 199.99)
        assert orders.count(connection) == before + 1
"""

FIXTURES = {
    "committed": """
    @pytest.fixture
    def connection(shared):
        return shared
    """,
    "deleted": """
    @pytest.fixture
    def connection(shared):
        yield shared
        shared.execute("DELETE FROM orders WHERE total > 1")
    """,
    "deleted before": """
    @pytest.fixture
    def connection(shared):
        shared.execute("DELETE FROM orders WHERE total > 1")
        return shared
    """,
    "rolled back": """
    @pytest.fixture
    def connection(shared):
        with shared.transaction(force_rollback=True):
            yield shared
    """,
    "never ended": """
    @pytest.fixture(scope="session")
    def reader(shared):
        with psycopg.connect(os.environ["DSN"]) as connection:
            yield connection

    @pytest.fixture
    def connection(shared, reader):
        yield shared
        shared.execute("DELETE FROM orders WHERE total > 1")
        orders.count(reader)
    """,
}


@pytest.fixture
def findings(tmp_path: Path, database: str, run_dryfit):
    """Runs a suite with one of the fixtures, and gives what is found."""

    def _findings(fixture: str) -> list[dict[str, object]]:
        (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
        (tmp_path / "orders.py").write_text(dedent(PROGRAM))
        suite = dedent(SUITE).replace("{fixture}", dedent(FIXTURES[fixture]))
        (tmp_path / "test_orders.py").write_text(suite)
        environment = os.environ | plugins.only() | {"DSN": database}
        arguments = ["check", "--only", "data", "--json", "found.json"]
        done = run_dryfit(arguments, cwd=tmp_path, env=environment, timeout=120)
        report = json.loads((tmp_path / "found.json").read_text())
        assert report["tests"]["passed"] == 3, done.stdout + done.stderr
        found: list[dict[str, object]] = report["findings"]
        return found

    return _findings


def test_rows_that_stay_are_told(findings):
    (found,) = findings("committed")
    assert (found["rule"], found["severity"]) == ("DF106", "warning")
    assert found["seam"] == {"caller": "<tests>", "callee": "postgres", "callable": "postgres.orders"}
    assert found["message"] == (
        "postgres orders: 1 row added by test_an_order_is_placed[0], where test_an_order_is_placed[1] can see it:"
        " clean up after the test, or roll back."
    )


@pytest.mark.parametrize("fixture", ["deleted", "deleted before", "rolled back"])
def test_a_suite_that_cleans_is_left_alone(findings, fixture):
    assert findings(fixture) == []


def test_a_transaction_that_nobody_ends_is_told(findings):
    (found,) = findings("never ended")
    assert found["seam"]["callable"] == "postgres.open transactions"
    assert "is idle in its transaction" in found["message"]
    assert "test_an_order_is_placed[0]" in found["message"]


def test_the_database_can_be_dropped_at_once(findings, database):
    findings("committed")
    with psycopg.connect(database, autocommit=True) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'dryfit'"
        assert connection.execute(query).fetchone() == (0,)
