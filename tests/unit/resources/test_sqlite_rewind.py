"""SQLite databases go back to what they were, and those who have them open see it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.resources import sqlite_rewind
from dryfit.resources.digest.sqlite import read_connection


@pytest.fixture(params=["file", "file with a write-ahead log", "memory"])
def opened(request, tmp_path):
    """A database and its rewind."""
    path = tmp_path / "data.db"
    with closing(sqlite3.connect(":memory:" if request.param == "memory" else path)) as connection:
        if request.param.endswith("log"):
            connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
        connection.execute("INSERT INTO things (name) VALUES ('prepared')")
        connection.commit()
        is_memory = request.param == "memory"
        yield (
            connection,
            sqlite_rewind.of_connection("m", connection) if is_memory else sqlite_rewind.of_file(path),
        )


def rows(connection):
    return connection.execute("SELECT * FROM things ORDER BY id").fetchall()


def test_rows_go_back_with_their_numbers_and_schema(opened):
    connection, rewind = opened
    assert rewind.take() == ""
    for _ in range(3):
        assert connection.execute("INSERT INTO things (name) VALUES ('new')").lastrowid == 2
        connection.execute("UPDATE things SET name = 'changed' WHERE id = 1")
        connection.execute("CREATE TABLE more (id)")
        connection.commit()
        assert rewind.back() == ""
        assert rows(connection) == [(1, "prepared")]


def test_an_open_transaction_is_refused_and_kept(opened):
    connection, rewind = opened
    assert rewind.take() == ""
    connection.execute("INSERT INTO things (name) VALUES ('new')")
    for said in (rewind.take(), rewind.back()):
        assert "locked" in said or "a transaction is open" in said
    connection.commit()
    assert len(rows(connection)) == 2


def test_a_file_that_is_not_there_counts_as_empty(tmp_path):
    path = tmp_path / "later.db"
    rewind = sqlite_rewind.of_file(path)
    assert (rewind.take(), rewind.back(), path.exists()) == ("", "", False)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (id)")
        assert rewind.back() == ""
        assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []


def test_what_is_no_database_is_said(tmp_path):
    path = tmp_path / "data.db"
    path.write_text("something else" * 1000)
    assert sqlite_rewind.of_file(path).take() == "database data.db: file is not a database"
    assert path.read_text().startswith("something else")


def test_a_large_database_is_not_remembered(opened, monkeypatch):
    monkeypatch.setattr(sqlite_rewind, "MOST_BYTES", 1 << 10)
    assert opened[1].take().endswith("it has more than 0 MB")


statements = st.lists(
    st.sampled_from(
        [
            "INSERT INTO things (name) VALUES ('n')",
            "UPDATE things SET name = name || 'x'",
            "DELETE FROM things WHERE id % 2 = 0",
            "DROP TABLE IF EXISTS more",
            "CREATE TABLE IF NOT EXISTS more (id PRIMARY KEY, x)",
            "DELETE FROM things",
            "ALTER TABLE things ADD extra",
            "VACUUM",
        ]
    ),
    max_size=6,
)


@given(prefix=statements, trials=st.lists(statements, max_size=2))
def test_any_statements(prefix, trials):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
        run(connection, prefix)
        rewind = sqlite_rewind.of_connection("m", connection)
        assert rewind.take() == ""
        then = read_connection(connection, "m").contents
        for trial in trials:
            run(connection, trial)
            assert rewind.back() == ""
            assert read_connection(connection, "m").contents == then


def run(connection, texts):
    for text in texts:
        with suppress(sqlite3.OperationalError):  # a column that is there already
            connection.execute(text)
