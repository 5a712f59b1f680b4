"""What a database holds otherwise than its seed, told by table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from dryfit.model.resource import Leftover
from dryfit.model.secrets import is_secret
from dryfit.resources.mariadb.session import Row, Session, quoted
from dryfit.resources.mariadb.state import State

SAMPLE = 3
_COLUMNS = """
    SELECT column_name, column_key FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position
"""


def changed_tables(before: State, now: State) -> list[str]:
    """The tables that are in both states and hold other rows."""
    return [
        name for name, checksum in now.checksums.items() if before.checksums.get(name, checksum) != checksum
    ]


def differences(
    session: Session, resource: str, database: str, seed: str, before: State, now: State
) -> Iterator[Leftover]:
    """``seed`` is the database with a copy of each table as it was seeded."""
    yield from _definitions(resource, before, now)
    for name in changed_tables(before, now):
        if before.definitions["table", name] == now.definitions["table", name]:
            yield from _rows(session, resource, _Table.of(session, database, seed, name))
    for (what, name), position in now.positions.items():
        if before.positions.get((what, name), position) != position:
            yield Leftover(resource, name, "sequence moved", 1, (f"to {position}",))


def _definitions(resource: str, before: State, now: State) -> Iterator[Leftover]:
    old, new = before.definitions, now.definitions
    for change, names in (
        ("added", new.keys() - old.keys()),
        ("removed", old.keys() - new.keys()),
        ("changed", {named for named in new.keys() & old.keys() if new[named] != old[named]}),
    ):
        yield from (Leftover(resource, name, f"{what}s {change}", 1) for what, name in sorted(names))


def _rows(session: Session, resource: str, table: _Table) -> Iterator[Leftover]:
    if not table.key:  # no row can be told from another
        yield Leftover(resource, table.name, "rows changed", table.count(session))
        return
    conditions = {
        "rows added": table.missing(table.here, table.there),
        "rows removed": table.missing(table.there, table.here),
        "rows changed": table.changed(),
    }
    counts = session.all_rows([f"SELECT COUNT(*) {condition}" for condition in conditions.values()])
    for (change, condition), ((count,),) in zip(conditions.items(), counts, strict=True):
        if count:
            sample = session.rows(f"SELECT one.* {condition} LIMIT {SAMPLE}")
            yield Leftover(
                resource, table.name, change, cast(int, count), tuple(table.shown(row) for row in sample)
            )


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    here: str
    there: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, database: str, seed: str, name: str) -> _Table:
        columns = [(str(column), key) for column, key in session.rows(_COLUMNS, [database, name])]
        return cls(
            name,
            quoted(database, name),
            quoted(seed, name),
            tuple(column for column, _ in columns),
            tuple(column for column, key in columns if key == "PRI"),
        )

    def count(self, session: Session) -> int:
        return cast(int, session.rows(f"SELECT COUNT(*) FROM {self.here}")[0][0])

    def missing(self, one: str, other: str) -> str:
        return f"FROM {one} one LEFT JOIN {other} other ON {_same(self.key)} WHERE other.{quoted(self.key[0])} IS NULL"

    def changed(self) -> str:
        # Binary, for "a" and "A" are the same in most collations.
        same = _same(self.columns, "BINARY ")
        return f"FROM {self.here} one JOIN {self.there} other ON {_same(self.key)} WHERE NOT ({same})"

    def shown(self, row: Row) -> str:
        return ", ".join(
            f"{column}={'***' if is_secret(column) else repr(value)}"
            for column, value in zip(self.columns, row, strict=True)
        )


def _same(columns: Sequence[str], cast_to: str = "") -> str:
    return " AND ".join(f"{cast_to}one.{quoted(c)} <=> {cast_to}other.{quoted(c)}" for c in columns)
