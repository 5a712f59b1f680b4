"""The digest of a SQLite database: a file through a connection of our own, one in memory as a copy of its pages."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from dryfit.model.digest import Column, Contents, Digest
from dryfit.resources.digest.cells import Number, rows

MOST_ROWS = 2_000
"""Tables with more rows are left out; the digest says so."""

_INTEGER_KEY = "INTEGER"
_TIMEOUT = 0.05
"""Seconds for which we wait where somebody is writing."""


def read_file(path: Path, source: str) -> Digest:
    """Read a database file; one that does not exist is empty. Raises ``sqlite3.Error`` where it cannot be read."""
    taken = time.time()
    if not path.is_file():
        return Digest(taken=taken)
    with closing(_open(path)) as connection:
        return _read(connection, source, taken)


def read_connection(connection: sqlite3.Connection, source: str) -> Digest:
    """Read a database in memory, with what its open transaction has written; the connection is left as it was.

    Raises ``sqlite3.Error``, where it belongs to another thread or was closed.
    """
    taken = time.time()
    pages = _pages(connection)
    if not pages:
        return Digest(taken=taken)
    with closing(_plain(":memory:")) as copy:
        copy.deserialize(pages)
        return _read(copy, source, taken)


def _pages(connection: sqlite3.Connection) -> bytes:
    try:
        return sqlite3.Connection.serialize(connection)
    except sqlite3.OperationalError as error:
        if "unable to serialize" in str(error):  # what SQLite before 3.43 says of a database without pages
            return b""
        raise


def _open(path: Path) -> sqlite3.Connection:
    return _plain(f"{path.absolute().as_uri()}?mode=ro")


def _plain(address: str) -> sqlite3.Connection:
    """A connection whose class nobody has replaced."""
    return sqlite3.Connection(address, timeout=_TIMEOUT, isolation_level=None, uri=True)


def _read(connection: sqlite3.Connection, source: str, taken: float) -> Digest:
    connection.text_factory = lambda content: content.decode(errors="surrogateescape")
    connection.execute("BEGIN")  # one snapshot of all tables
    contents = list(_contents(connection, source))
    too_many = [each for each in contents if len(each.rows) > MOST_ROWS]
    return Digest(
        tuple(each for each in contents if each not in too_many),
        tuple((each.spot, f"more than {MOST_ROWS} rows") for each in too_many),
        taken,
    )


def _contents(connection: sqlite3.Connection, source: str) -> Iterator[Contents]:
    listed = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    for table, sql in listed:
        columns = _columns(connection, table, sql)
        keys = ", ".join(_quoted(column.name) for column in columns if column.key)
        order = f" ORDER BY {keys}" if keys else ""
        found = connection.execute(f"SELECT * FROM {_quoted(table)}{order} LIMIT {MOST_ROWS + 1}")
        cells = rows((map(_value, row) for row in found), [column.name for column in columns])
        yield Contents(source, table, columns, cells)


def _columns(connection: sqlite3.Connection, table: str, sql: str) -> tuple[Column, ...]:
    references = {
        source: target
        for _, _, target, source, *_ in connection.execute(f"PRAGMA foreign_key_list({_quoted(table)})")
    }
    found = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = sum(1 for *_, key in found if key)
    with_rowid = not re.search(r"WITHOUT\s+ROWID\s*\W*$", sql, re.IGNORECASE)
    return tuple(
        Column(
            name,
            key=bool(key),
            generated=bool(key) and keys == 1 and kind.upper() == _INTEGER_KEY and with_rowid,
            references=references.get(name, ""),
        )
        for _, name, kind, _, _, key in found
    )


def _value(value: object) -> object:
    return Number(value) if type(value) in (int, float) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
