"""Where a program connects to is told, and connecting goes on as it did."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from dryfit.model.target import Target


def is_in_memory(target: Target) -> bool:
    """Whether it is a database in memory; they are numbered, after those that the process had open before."""
    return target.kind == "sqlite" and target.name == target.address and target.name.startswith(":memory: ")


@pytest.fixture
def watched(program, monkeypatch):
    """Weaves the program, and gives the targets as they are told."""

    def _watched():
        told = []
        weave = program.weave()
        weave.connections.used = told.append
        return weave, told

    return _watched


def test_a_file_is_told_by_its_absolute_name(program, watched, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, told = watched()
    sqlite3.connect("shop.db").close()
    sqlite3.connect(f"file:{tmp_path}/my%20shop.db?mode=rwc", uri=True).close()
    sqlite3.connect(database=str(tmp_path / "third.db")).close()
    assert told == [
        Target("sqlite", name, str(tmp_path / name)) for name in ("shop.db", "my shop.db", "third.db")
    ]


def test_what_connections_write_to_a_file_shows(watched, tmp_path):
    weave, told = watched()
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE orders(id)")
    before = weave.connections.written(told[0])
    connection.execute("SELECT * FROM orders")
    assert weave.connections.written(told[0]) == before
    connection.execute("INSERT INTO orders VALUES (1)")
    assert weave.connections.written(told[0]) != before
    connection.close()
    assert weave.connections.written(told[0]) != before


def test_what_a_connection_writes_that_cannot_be_kept_is_not_known(watched, tmp_path):
    weave, told = watched()
    sqlite3.connect(tmp_path / "shop.db", factory=sqlite3.Connection).close()
    assert weave.connections.written(told[0]) is None


def test_a_database_in_memory_is_told_with_a_way_to_it(watched):
    _, told = watched()
    connection = sqlite3.connect(":memory:")
    (target,) = told
    assert is_in_memory(target)
    assert target.connection() is connection
    connection.close()
    del connection
    assert target.connection() is None


def test_sqlalchemy_is_watched_in_its_driver(watched):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    _, told = watched()
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect():
        assert [is_in_memory(target) for target in told] == [True]
    engine.dispose()


def test_records_of_tools_are_no_data(watched, tmp_path):
    _, told = watched()
    (tmp_path / ".dryfit").mkdir()
    for path in (".coverage.x", ".dryfit/run.db"):
        sqlite3.connect(tmp_path / path).close()
    assert told == []


def test_what_modules_opened_before_is_found(watched, tmp_path):
    file, memory = sqlite3.connect(tmp_path / "shop.db"), sqlite3.connect(":memory:")
    weave, _ = watched()
    live = weave.connections.live
    assert Target("sqlite", "shop.db", str(tmp_path / "shop.db")) in live
    assert any(target.connection and target.connection() is memory for target in live)
    file.close()
    memory.close()


def test_open_connections_are_live_until_they_are_gone(watched, tmp_path):
    weave, told = watched()
    connection = sqlite3.connect(tmp_path / "shop.db")
    assert told[0] in weave.connections.live
    connection.close()
    del connection
    assert told[0] not in weave.connections.live


def test_a_failure_to_connect_is_the_callers(watched, tmp_path):
    weave, told = watched()
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
        sqlite3.connect(tmp_path / "none" / "shop.db")
    assert told == []
    assert weave.failures == ()


def test_a_listener_that_fails_is_named_and_the_call_goes_on(watched, tmp_path):
    weave, _ = watched()
    weave.connections.used = lambda target: 1 / 0
    sqlite3.connect(tmp_path / "shop.db").close()
    (failure,) = weave.failures
    assert "ZeroDivisionError" in failure


def test_everything_is_taken_out_again(program):
    before = sqlite3.connect
    weave = program.weave()
    assert sqlite3.connect is not before
    weave.take_out()
    assert sqlite3.connect is before
    psycopg = sys.modules.get("psycopg")
    assert psycopg is None or not psycopg.Connection.wait.__code__.co_filename.startswith("<dryfit")
