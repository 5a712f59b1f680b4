"""Calls on connections of drivers written in C that nobody has woven."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from dryfit.lab.bare_drivers import BareDrivers
from dryfit.lab.driver_calls import Doing


class Governed:
    """Makes each call at once, and remembers it."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, str, str]] = []
        self.is_within_library = False

    def call(self, connection: object, doing: Doing, do: Callable[[], object]) -> object:
        self.seen.append((connection, doing.kind, doing.what))
        if isinstance(connection, sqlite3.Connection):
            connection.execute("SELECT 'asked by dryfit itself'").fetchone()
        return do()


@pytest.fixture
def governed() -> Iterator[Governed]:
    governed = Governed()
    drivers = BareDrivers(governed.call, lambda: governed.is_within_library)
    drivers.put_in()
    try:
        yield governed
    finally:
        drivers.take_out()


def test_each_call_is_governed_once(governed: Governed) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE a (b)")
        with connection:
            connection.execute("INSERT INTO a VALUES (1)")
        with pytest.raises(ZeroDivisionError), connection:
            cursor.executemany("INSERT INTO a VALUES (?)", [(2,), (3,)])
            raise ZeroDivisionError
        assert connection.execute("SELECT b FROM a").fetchall() == [(1,)]

        assert governed.seen == [
            (connection, kind, what)
            for kind, what in (
                ("statement", "CREATE TABLE a (b)"),
                ("statement", "INSERT INTO a VALUES (1)"),
                ("commit", "COMMIT"),
                ("statement", "INSERT INTO a VALUES (?)"),
                ("rollback", "ROLLBACK"),
                ("statement", "SELECT b FROM a"),
            )
        ]


def test_what_is_a_part_of_a_crossing_is_governed_there(governed: Governed) -> None:
    governed.is_within_library = True
    with closing(sqlite3.connect(":memory:")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert governed.seen == []


def test_the_methods_are_put_back() -> None:
    before = dict(vars(sqlite3.Connection)), dict(vars(sqlite3.Cursor))
    drivers = BareDrivers(Governed().call, lambda: False)
    drivers.put_in()
    assert vars(sqlite3.Cursor)["execute"] is not before[1]["execute"]
    drivers.take_out()

    assert (dict(vars(sqlite3.Connection)), dict(vars(sqlite3.Cursor))) == before
