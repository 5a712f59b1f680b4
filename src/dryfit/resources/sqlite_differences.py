"""What a SQLite database holds otherwise than its seed, table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dryfit.model.resource import Leftover
from dryfit.model.secrets import is_secret

SAMPLE = 3
_STATISTICS = ("sqlite_stat1", "sqlite_stat4")
_SEQUENCES = "sqlite_sequence"


def differences(connection: sqlite3.Connection, resource: str) -> Iterator[Leftover]:
    """Of a connection whose database is the changed one, with the seed attached as ``seed``."""
    now, before = _definitions(connection, "main"), _definitions(connection, "seed")
    for change, names in (
        ("tables added", now.keys() - before.keys()),
        ("tables removed", before.keys() - now.keys()),
        ("tables changed", {name for name in now.keys() & before.keys() if now[name] != before[name]}),
    ):
        yield from (Leftover(resource, name, change, 1) for name in sorted(names))
    for name in sorted(name for name, sql in now.items() if before.get(name) == sql):
        if name == _SEQUENCES:
            yield from _sequences(connection, resource)
        else:
            yield from _rows(connection, resource, name)


def _definitions(connection: sqlite3.Connection, schema: str) -> dict[str, str]:
    """The SQL of every table that has rows of its own; virtual ones keep theirs in others."""
    tables = connection.execute(
        f"SELECT name, sql FROM {schema}.sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    )
    return {name: sql for name, sql in tables if name not in _STATISTICS}


def _sequences(connection: sqlite3.Connection, resource: str) -> Iterator[Leftover]:
    moved = connection.execute(
        f"SELECT name, seq FROM main.{_SEQUENCES} EXCEPT SELECT name, seq FROM seed.{_SEQUENCES} ORDER BY name"
    )
    for table, position in moved.fetchall():
        yield Leftover(resource, table, "sequence moved", 1, (f"to {position}",))


def _rows(connection: sqlite3.Connection, resource: str, name: str) -> Iterator[Leftover]:
    table = _Table.of(connection, name)
    if not connection.execute(table.differs()).fetchone()[0]:
        return
    for change, condition in (
        ("rows added", table.missing_in("main", "seed")),
        ("rows removed", table.missing_in("seed", "main")),
        ("rows changed", table.changed()),
    ):
        (count,) = connection.execute(f"SELECT count(*) {condition}").fetchone()
        if count:
            sample = connection.execute(f"SELECT here.* {condition} LIMIT {SAMPLE}").fetchall()
            yield Leftover(resource, name, change, count, tuple(table.shown(row) for row in sample))


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    """Its primary key; without one, the number that SQLite gives each row."""

    @classmethod
    def of(cls, connection: sqlite3.Connection, name: str) -> _Table:
        columns = connection.execute("SELECT name, pk FROM pragma_table_info(?, 'main')", [name]).fetchall()
        key = tuple(column for column, is_key in columns if is_key)
        return cls(_quoted(name), tuple(column for column, _ in columns), key or ("rowid",))

    def differs(self) -> str:
        """As many rows, and each with its like in the seed: what most tables answer, in one statement."""
        numbers = f"(SELECT count(*) FROM main.{self.name}) <> (SELECT count(*) FROM seed.{self.name})"
        pairs = f"main.{self.name} here LEFT JOIN seed.{self.name} there ON {_same(self.key)}"
        return f"SELECT {numbers} OR EXISTS (SELECT 1 FROM {pairs} WHERE NOT ({_same((*self.key, *self.columns))}))"

    def missing_in(self, schema: str, other: str) -> str:
        there = f"SELECT 1 FROM {other}.{self.name} there WHERE {_same(self.key)}"
        return f"FROM {schema}.{self.name} here WHERE NOT EXISTS ({there})"

    def changed(self) -> str:
        both = f"main.{self.name} here JOIN seed.{self.name} there ON {_same(self.key)}"
        return f"FROM {both} WHERE NOT ({_same(self.columns)})"

    def shown(self, row: Sequence[object]) -> str:
        return ", ".join(
            f"{column}={'***' if is_secret(column) else repr(value)}"
            for column, value in zip(self.columns, row, strict=True)
        )


def _same(columns: Sequence[str]) -> str:
    # Binary, or what differs only in case would count as unchanged where the column's collation says so.
    return " AND ".join(f"here.{_quoted(c)} COLLATE BINARY IS there.{_quoted(c)}" for c in columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
