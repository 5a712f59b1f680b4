"""The digest of a SQLite database: a file through a connection of our own, one in memory as a copy of its pages."""

from __future__ import annotations

import hashlib
import marshal
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from dryfit.model.digest import Column, Contents, Digest
from dryfit.resources.digest.cells import rows
from dryfit.resources.digest.sqlite_files import KeptFiles, plain

MOST_ROWS = 2_000
"""Tables with more rows are left out; the digest says so."""

MOST_IMAGES = 3
"""So many states of one table are remembered."""

MOST_KNOWN = 2_000
"""So many tables, and states of databases in memory, are remembered."""

_INTEGER_KEY = "INTEGER"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as it was read: its definition, and what came of its rows, by their hashes, the last one last."""

    sql: str
    selection: str
    columns: tuple[Column, ...]
    images: dict[bytes, Contents] = field(default_factory=dict)

    def keep(self, image: bytes, contents: Contents) -> Contents:
        """Know these rows again: a set-up makes the same ones each time, and other tests fill them in between."""
        self.images.pop(image, None)
        while len(self.images) >= MOST_IMAGES:
            self.images.pop(next(iter(self.images)))
        self.images[image] = contents
        return contents


class Known:
    """What was read before, so that what is the same again is neither turned into cells nor compared cell by cell.

    ``tables`` are by source and name, ``images`` by source and a hash of all pages of a database in memory, ``kept``
    are connections to files that are read time and again.
    """

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], _Table] = {}
        self.images: dict[tuple[str, bytes], Digest] = {}
        self.kept = KeptFiles()

    def make_room(self) -> None:
        """Forget everything where there is too much of it."""
        for kept in (self.tables, self.images):
            if len(kept) > MOST_KNOWN:
                kept.clear()


def read_file(path: Path, source: str, known: Known | None = None) -> Digest:
    """Read a database file; one that does not exist is empty. Raises ``sqlite3.Error`` where it cannot be read."""
    taken = time.time()
    if not path.is_file():
        return Digest(taken=taken)
    if known is None:
        known = Known()
    with known.kept.connection(path) as connection:
        return _read(connection, source, taken, known)


def read_connection(connection: sqlite3.Connection, source: str, known: Known | None = None) -> Digest:
    """Read a database in memory, with what its open transaction has written; the connection is left as it was.

    Raises ``sqlite3.Error``, where it belongs to another thread or was closed.
    """
    taken, known = time.time(), known or Known()
    pages = _pages(connection)
    if not pages:
        return Digest(taken=taken)
    image = (source, hashlib.sha256(pages).digest())
    seen = known.images.get(image)
    if seen is not None:
        return replace(seen, taken=taken)
    with closing(plain(":memory:")) as copy:
        copy.deserialize(pages)
        digest = known.images[image] = _read(copy, source, taken, known)
        return digest


def _pages(connection: sqlite3.Connection) -> bytes:
    try:
        return sqlite3.Connection.serialize(connection)
    except sqlite3.OperationalError as error:
        if "unable to serialize" in str(error):  # what SQLite before 3.43 says of a database without pages
            return b""
        raise


def _read(connection: sqlite3.Connection, source: str, taken: float, known: Known) -> Digest:
    known.make_room()
    connection.text_factory = str
    connection.execute("BEGIN")  # one snapshot of all tables
    try:
        contents = list(_contents(connection, source, known))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    too_many = [each for each in contents if len(each.rows) > MOST_ROWS]
    return Digest(
        tuple(each for each in contents if each not in too_many),
        tuple((each.spot, f"more than {MOST_ROWS} rows") for each in too_many),
        taken,
    )


def _contents(connection: sqlite3.Connection, source: str, known: Known) -> Iterator[Contents]:
    listed = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    for table, sql in listed:
        before = known.tables.get((source, table))
        if before is None or before.sql != sql:
            columns = _columns(connection, table, sql)
            before = known.tables[source, table] = _Table(sql, _selection(table, columns), columns)
        found = _rows(connection, before.selection)
        image = _image(found)
        contents = before.images.get(image)
        if contents is None:
            cells = rows(found, [column.name for column in before.columns])
            contents = Contents(source, table, before.columns, cells)
        yield before.keep(image, contents)


def _rows(connection: sqlite3.Connection, selection: str) -> list[tuple[object, ...]]:
    try:
        return connection.execute(selection).fetchall()
    except sqlite3.OperationalError:  # a text that is not UTF-8
        connection.text_factory = lambda content: content.decode(errors="surrogateescape")
        return connection.execute(selection).fetchall()


def _selection(table: str, columns: tuple[Column, ...]) -> str:
    keys = ", ".join(_quoted(column.name) for column in columns if column.key)
    order = f" ORDER BY {keys}" if keys else ""
    return f"SELECT * FROM {_quoted(table)}{order} LIMIT {MOST_ROWS + 1}"


def _image(found: list[tuple[object, ...]]) -> bytes:
    """A hash that tells rows apart, 1 from 1.0 too: in this version of the format the same rows give the same bytes."""
    return hashlib.sha256(marshal.dumps(found, 2)).digest()


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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
