"""A statement stops between its reading and its writing, so that races within it show, each time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from dryfit.model.interleaving import Backend
from dryfit.resources.postgres.split import Split
from dryfit.resources.postgres.waits import PostgresBackends

TRIES = 50

NOT_EXISTS = (
    "INSERT INTO cache (key) SELECT 'k' || g FROM generate_series(90, 90) g"
    " WHERE NOT EXISTS (SELECT FROM cache WHERE key LIKE 'k9%')",
    "INSERT INTO cache (key) SELECT 'k' || g FROM generate_series(91, 91) g"
    " WHERE NOT EXISTS (SELECT FROM cache WHERE key LIKE 'k9%')",
)
ONE_MORE = ("INSERT INTO audit (happened) SELECT coalesce(max(happened), 'a') || 'b' FROM audit",) * 2


class Driver:
    """Two operations, each on a connection of its own; the first can be stopped half-way."""

    def __init__(self, first: psycopg.Connection, second: psycopg.Connection, split: Split, until) -> None:
        self.backends = PostgresBackends()
        self._first, self._second, self._until = first, second, until
        self.me, self.split = self.backends.backend(first), split
        self.other = self.backends.backend(second)

    def start(self, statement: str) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(statement,))
        thread.start()
        return thread

    def _run(self, statement: str) -> None:
        self.error: psycopg.Error | None = None
        try:
            self._first.execute(statement)
        except psycopg.Error as error:
            self.error = error

    def blockers(self) -> tuple[Backend, ...]:
        return self.backends.blockers([self.me]).get(self.me, ())

    def race(self, first: str, second: str) -> None:
        """The second statement as a whole, half-way through the first."""
        self.split.arm(self.me)
        thread = self.start(first)
        self._until(lambda: bool(self.blockers()))
        assert self.other not in self.blockers()
        self._second.execute(second)
        self.split.let_go(self.me)
        thread.join()
        assert self.error is None


@pytest.fixture
def driver(database, until: Callable[..., None]) -> Iterator[Driver]:
    with database.connect() as first, database.connect() as second:
        split = database.resource.split()
        driver = Driver(first, second, split, until)
        assert split.install() == ""
        yield driver
        split.close()
        driver.backends.close()


@pytest.mark.parametrize(
    ("statements", "seen", "serial"),
    [
        (NOT_EXISTS, "SELECT count(*) FROM cache WHERE key LIKE 'k9%'", 1),
        (ONE_MORE, "SELECT count(DISTINCT happened) FROM audit WHERE happened LIKE '%sb%'", 2),
    ],
    ids=["not exists", "max and one more"],
)
def test_a_race_within_a_statement_is_found_each_time(database, driver, statements, seen, serial):
    rewind = database.resource.rewind()
    assert rewind.take() == ""
    for _ in range(TRIES):
        driver.race(*statements)
        with database.connect() as connection:
            assert connection.execute(seen).fetchone() == (3 - serial,)
        assert rewind.back() == ""
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement)
        assert connection.execute(seen).fetchone() == (serial,)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO customers (name) VALUES ('n')",
        "UPDATE orders SET total = 1",
        "DELETE FROM lines",
        "INSERT INTO events (day, what) VALUES ('2024-06-01', 'w')",
        "INSERT INTO cache VALUES ('a') ON CONFLICT DO NOTHING",
        "WITH gone AS (DELETE FROM ranks RETURNING *) SELECT * FROM gone",
        "DO $$ BEGIN UPDATE parents SET name = 'x'; END $$",
        "MERGE INTO parents p USING (SELECT 1 AS id) s ON p.id = s.id WHEN MATCHED THEN UPDATE SET name = 'y'",
    ],
)
def test_every_statement_that_writes_is_stopped(driver, until, statement):
    driver._first.execute("SET lock_timeout = '1ms'")
    driver.split.arm(driver.me)
    thread = driver.start(statement)
    until(lambda: bool(driver.blockers()))
    driver.split.let_go(driver.me)
    thread.join()
    assert driver.error is None


def test_others_and_readers_pass(driver):
    driver.split.arm(driver.me)
    driver._first.execute("SELECT * FROM customers FOR UPDATE")
    driver._second.execute("DELETE FROM lines")
    assert driver.blockers() == ()
    driver.split.let_go(driver.me)
    driver._first.execute("DELETE FROM ranks")


def test_a_stopped_statement_can_be_cancelled(driver, until):
    driver.split.arm(driver.me)
    thread = driver.start("DELETE FROM lines")
    until(lambda: bool(driver.blockers()))
    driver.backends.cancel(driver.me)
    thread.join()
    assert isinstance(driver.error, psycopg.errors.QueryCanceled)


def test_removing_leaves_the_database_as_it_was(database, driver, until):
    rewind = database.resource.rewind()
    assert rewind.take() == ""
    driver.split.arm(driver.me)
    thread = driver.start("INSERT INTO customers (name) VALUES ('n')")
    until(lambda: bool(driver.blockers()))
    assert driver.split.remove() == ""
    thread.join()
    assert driver.split.remove() == ""
    assert rewind.back() == ""
    assert database.left() == {}
    assert database.resource.replacements == []


def test_a_database_that_is_not_dryfits_gets_no_triggers(database, driver):
    assert driver.split.remove() == ""
    other = Split(driver.split._connection, "0" * 32)
    assert "does not bear this run's mark" in other.install()
    assert "does not bear this run's mark" in other.remove()
    assert database.left() == {}


def test_a_table_in_use_is_said(database, driver):
    assert driver.split.remove() == ""
    driver.split._connection.execute("SET lock_timeout = '1ms'")
    with database.connect(autocommit=False) as busy:
        busy.execute("UPDATE customers SET name = 'x' WHERE id = 1")
        assert "statements cannot be stopped half-way: canceling statement" in driver.split.install()
        busy.rollback()
    assert database.left() == {}
