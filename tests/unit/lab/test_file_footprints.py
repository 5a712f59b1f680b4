"""What a call touched in a file of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dryfit.lab.file_footprints import READ, WRITTEN, FileTouched
from dryfit.model.interleaving import ANYTHING, Footprint


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.commit()
        yield connection


def touched(connection: sqlite3.Connection, statement: str) -> Footprint:
    asked = FileTouched(connection, statement, longest=200)
    connection.execute(statement).fetchall()
    return asked(False)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM a", READ),
        ("INSERT INTO a VALUES (1)", WRITTEN),
        ("BEGIN", WRITTEN),
        ("CREATE TABLE c (d)", WRITTEN),
        ("PRAGMA user_version = 7", WRITTEN),
        ("SELECT 1 -- " + "so long that it is cut short " * 10, WRITTEN),
    ],
)
def test_reads_are_told_from_everything_else(
    connection: sqlite3.Connection, statement: str, expected: Footprint
) -> None:
    assert touched(connection, statement) == expected


def test_within_a_transaction_every_call_writes(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    assert touched(connection, "SELECT * FROM a") == WRITTEN
    assert touched(connection, "COMMIT") == WRITTEN
    assert touched(connection, "SELECT * FROM a") == READ


def test_what_failed_may_have_touched_anything(connection: sqlite3.Connection) -> None:
    assert FileTouched(connection, "SELECT", longest=200)(True) == ANYTHING
    connection.close()
    assert FileTouched(connection, "SELECT", longest=200)(False) == ANYTHING
