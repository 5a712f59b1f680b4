"""Where SQLite would sleep for a locked file, others are let go on; its own patience stays what it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dryfit.lab.busy import Transactions, patiently


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE stock (sku TEXT)")
    return tmp_path / "shop.db"


@pytest.fixture
def holder(path: Path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def called(attempt):
    return attempt()


def patience(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA busy_timeout").fetchone()[0]


def test_it_is_tried_again_when_others_have_gone_on(path, holder):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:

        def let_go() -> bool:
            holder.execute("COMMIT")
            return True

        patiently(connection, called, lambda: connection.execute("INSERT INTO stock VALUES ('saw')"), let_go)

        assert connection.execute("SELECT sku FROM stock").fetchall() == [("saw",)]
        assert patience(connection) == 5000


def test_where_nobody_can_go_on_the_lock_is_told(path, holder):
    with closing(sqlite3.connect(path, isolation_level=None, timeout=3)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            patiently(connection, called, lambda: connection.execute("BEGIN IMMEDIATE"), lambda: False)

        assert patience(connection) == 3000


def test_who_has_no_patience_waits_for_nobody(path, holder):
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        waited = []
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            patiently(
                connection,
                called,
                lambda: connection.execute("BEGIN IMMEDIATE"),
                lambda: waited.append(1) or True,
            )

        assert waited == []


def test_a_mistake_is_no_reason_to_wait(path):
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
    ):
        patiently(connection, called, lambda: connection.execute("SELECT * FROM stok"), lambda: True)


def test_who_has_read_in_the_transaction_and_wants_to_write_does_not_wait(path, holder):
    """As SQLite itself: the one who holds the lock waits for the end of that transaction."""
    transactions = Transactions()
    holder.execute("ROLLBACK")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:

        def call(text: str) -> bool:
            with transactions.calling(connection, 1):
                would_wait = transactions.would_wait(connection, text)
                connection.execute(text).fetchall()
            return would_wait

        def calls(*texts: str) -> list[bool]:
            return [call(text) for text in texts]

        update = "UPDATE stock SET sku = 'x'"
        assert calls("BEGIN", update, "ROLLBACK") == [True, True, True]
        assert calls("INSERT INTO stock VALUES ('saw')") == [True]
        assert calls("BEGIN", "SELECT * FROM stock") == [True, True]
        assert (transactions.others(0), transactions.others(1)) == ((1,), ())
        assert calls(update, update, "COMMIT") == [False, True, True]
        assert transactions.others(0) == ()
        assert calls("BEGIN", update, "ROLLBACK") == [True, True, True]


def test_a_file_that_the_program_has_closed_is_free_though_its_error_is_kept(path, holder):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    holder.execute("ROLLBACK")
    assert connection.execute("SELECT * FROM stock").fetchall() == []
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as kept:
        patiently(connection, called, lambda: connection.execute("DELETE FROM stock"), lambda: False)
    connection.close()

    holder.execute("INSERT INTO stock VALUES ('saw')")
    holder.execute("COMMIT")

    assert "locked" in str(kept.value)


def test_a_closed_connection_says_so_itself(path):
    connection = sqlite3.connect(path)
    connection.close()

    assert patiently(connection, called, connection.close, lambda: True) is None
