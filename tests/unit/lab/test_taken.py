"""Where a transaction or a lock was taken that is held."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from types import FrameType

import pytest

from dryfit.lab.taken import Transactions, lock_taken_at
from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.seam import Place


class Book:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.other = threading.RLock()

    def by_block(self) -> Place | None:
        with self.other, self.lock:
            return asked("book.Book.lock")

    def by_outer_block(self) -> Place | None:
        with self.lock:
            with self.other:
                pass
            return self.within()

    def by_call(self) -> Place | None:
        self.lock.acquire()
        try:
            return asked("book.Book.lock")
        finally:
            self.lock.release()

    def by_nobody(self) -> Place | None:
        with self.other:
            pass
        return asked("book.Book.other")

    def within(self) -> Place | None:
        return asked("book.Book.lock")


def asked(name: str) -> Place | None:
    return lock_taken_at(name, sys._getframe(), here)


def here(frame: FrameType) -> Place | None:
    return Place("book.py", frame.f_lineno, frame.f_code.co_name) if frame.f_globals is globals() else None


@pytest.mark.parametrize(
    ("way", "line"), [(Book.by_block, 1), (Book.by_outer_block, 1), (Book.by_call, 1), (Book.by_nobody, None)]
)
def test_a_lock_is_taken_where_its_block_begins(way, line):
    found = way(Book())

    if line is None:
        assert found is None
    else:
        assert found == Place("book.py", way.__code__.co_firstlineno + line, way.__name__)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE a (b)")
        yield connection


def test_a_transaction_is_taken_by_the_first_statement_that_is_in_the_way_of_others(connection):
    transactions = Transactions()

    def does(line: int, statement: str) -> None:
        effect = "read" if statement.startswith("SELECT") else "write"
        callee = Callee("sqlite3", "sqlite3.Connection.execute", ("self",), "library", effect)
        site = Site("books", None, 0, Place("books.py", line, "pay"))
        transactions.see(Crossing(callee, "books", site, (connection, statement), None, ""))
        connection.execute(statement)

    assert transactions.taken_at(id(connection)) is None
    does(1, "SELECT b FROM a")
    does(2, "BEGIN")
    does(3, "INSERT INTO a VALUES (1)")
    assert transactions.taken_at(id(connection)) == Place("books.py", 2, "pay")
    does(4, "COMMIT")
    does(5, "INSERT INTO a VALUES (1)")
    assert transactions.taken_at(id(connection)) == Place("books.py", 5, "pay")
