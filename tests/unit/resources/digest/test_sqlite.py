"""A SQLite database is read from its file, or from memory, and stays as it was."""

from __future__ import annotations

import gc
import sqlite3
import threading
import weakref
from contextlib import closing, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.states import state

from dryfit.model.digest import Column, Contents, Digest, diff
from dryfit.model.target import Target
from dryfit.resources.digest import sqlite
from dryfit.resources.digest.reader import read

SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, note TEXT, scan BLOB);
CREATE TABLE lines (order_id INT REFERENCES orders, n INT, PRIMARY KEY (order_id, n)) WITHOUT ROWID;
CREATE TABLE codes (code INTEGER, text TEXT);
CREATE VIEW totals AS SELECT total FROM orders;
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO orders VALUES (1, 5.5, 'first', x'00')")
        connection.commit()
    return path


def test_every_table_is_read(file):
    places = sqlite.read_file(file, "shop").places
    assert list(places) == [("shop", "codes"), ("shop", "lines"), ("shop", "orders")]
    assert places["shop", "orders"].columns[0] == Column("id", key=True, generated=True)
    assert places["shop", "lines"].columns == (
        Column("order_id", key=True, references="orders"),
        Column("n", key=True),
    )
    assert places["shop", "orders"].rows == (("1", "5.5", '"first"', "<1 bytes 6e340b9cffb3>"),)


def test_a_file_that_is_not_there_is_empty_and_is_not_made(tmp_path):
    assert sqlite.read_file(tmp_path / "none.db", "shop").contents == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_left_out(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no database, just a text that is long enough to be looked at " * 20)
    found = read(Target("sqlite", "notes.txt", str(path)))
    assert found.skipped == ((("sqlite notes.txt", ""), "it cannot be read: file is not a database"),)


def test_a_large_table_is_left_out(file):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO codes VALUES (?, '')", [(n,) for n in range(sqlite.MOST_ROWS + 1)]
        )
    assert sqlite.read_file(file, "shop").skipped == ((("shop", "codes"), "more than 2000 rows"),)


def test_generated_keys_do_not_count(file):
    before = sqlite.read_file(file, "shop")
    states = []
    for number in (7, 9):
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("DELETE FROM orders WHERE id > 1")
            connection.execute("DELETE FROM lines")
            connection.execute("INSERT INTO orders VALUES (?, 2, 'second', NULL)", (number,))
            connection.execute("INSERT INTO lines VALUES (?, 1)", (number,))
        states.append(sqlite.read_file(file, "shop"))
    assert state(before, *states) == "success"
    assert [str(change) for change in diff(before, states[0])] == [
        "lines: 1 row added (order_id=<id 1>, n=1)",
        'orders: 1 row added (id=<id 1>, total=2.0, note="second", scan=null)',
    ]


def test_a_writer_is_not_disturbed(file):
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("INSERT INTO orders VALUES (2, 0, '', NULL)")
        assert len(sqlite.read_file(file, "shop").places["shop", "orders"].rows) == 1
        writer.commit()
        assert len(sqlite.read_file(file, "shop").places["shop", "orders"].rows) == 2


@pytest.mark.parametrize("level", ["", None, "IMMEDIATE"])
def test_a_database_in_memory_stays_as_it_was(level):
    with closing(sqlite3.connect(":memory:", isolation_level=level)) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO codes VALUES (1, 'a')")
        connection.row_factory = sqlite3.Row
        within, total = connection.in_transaction, connection.total_changes
        found = sqlite.read_connection(connection, "shop")
        assert found.places["shop", "codes"].rows == (("1", '"a"'),)
        assert (connection.in_transaction, connection.total_changes) == (within, total)
        connection.rollback()
        assert len(connection.execute("SELECT * FROM codes").fetchall()) == (0 if within else 1)


def test_an_empty_database_in_memory_is_empty():
    with closing(sqlite3.connect(":memory:")) as connection:
        assert sqlite.read_connection(connection, "shop").contents == ()


class Connection(sqlite3.Connection):
    """One that can be referred to weakly, as those are that dryfit watches."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nobody can close it here
def test_a_connection_of_another_thread_is_left_out():
    made = []
    thread = threading.Thread(target=lambda: made.append(Connection(":memory:")))
    thread.start()
    thread.join()
    (connection,) = made
    target = Target("sqlite", ":memory:", "", weakref.ref(connection))
    ((spot, reason),) = read(target).skipped
    assert spot == ("sqlite :memory:", "")
    assert "thread" in reason
    del connection
    made.clear()
    gc.collect()
    assert read(target) == Digest()


STATEMENTS = st.sampled_from(
    [
        "INSERT INTO notes (text) VALUES ('a')",
        "INSERT INTO notes (text) VALUES (1), (1.0), (x'01'), (NULL)",
        "UPDATE notes SET text = 1 WHERE text = 1.0",
        "UPDATE notes SET text = 1.0 WHERE text = 1",
        "DELETE FROM notes",
        "DELETE FROM notes WHERE id % 2",
        "ALTER TABLE notes ADD COLUMN more",
        "DROP TABLE IF EXISTS extra",
        "CREATE TABLE IF NOT EXISTS extra (notes_id INTEGER REFERENCES notes)",
        "INSERT OR IGNORE INTO notes (id, text) VALUES (7, 'seven')",
        "BEGIN",
        "ROLLBACK",
        "COMMIT",
    ]
)


@given(st.lists(st.lists(STATEMENTS, max_size=4), max_size=6), st.booleans())
@settings(max_examples=60)
def test_what_was_read_before_changes_nothing_of_what_is_read(tmp_path_factory, rounds, in_memory):
    file = tmp_path_factory.mktemp("known") / "notes.db"
    known = sqlite.Known()

    def taken(known: sqlite.Known | None) -> tuple[Contents, ...]:
        read = (
            sqlite.read_connection(connection, "db", known)
            if in_memory
            else sqlite.read_file(file, "db", known)
        )
        return read.contents

    with closing(sqlite3.connect(":memory:" if in_memory else file, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
        for statements in rounds:
            for statement in statements:
                with suppress(sqlite3.OperationalError):  # no transaction, or a column that is there already
                    connection.execute(statement)
            read = taken(known)
            assert read == taken(None)
            assert all(one is other for one, other in zip(read, taken(known), strict=True))


def test_rows_that_come_again_are_known_again(file):
    known = sqlite.Known()
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:

        def read_with(total: int) -> Contents:
            connection.execute("UPDATE orders SET total = ?", (total,))
            return sqlite.read_file(file, "shop", known).places["shop", "orders"]

        first = read_with(1)
        for total in range(2, 9):
            read = read_with(total)
            assert read.rows[0][1] == f"{total}.0"
            assert read_with(1) is first
