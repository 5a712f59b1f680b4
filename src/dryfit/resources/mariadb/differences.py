"""What a database holds otherwise than its seed, told by table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from dryfit.model.resource import Leftover
from dryfit.resources.mariadb.session import Session
from dryfit.resources.mariadb.state import State
from dryfit.resources.mariadb.table import Table

SAMPLE = 3


def changed_tables(before: State, now: State) -> list[str]:
    """The tables that are in both states and hold other rows."""
    return [
        name for name, checksum in now.checksums.items() if before.checksums.get(name, checksum) != checksum
    ]


def differences(
    session: Session, resource: str, tables: Mapping[str, Table], before: State, now: State
) -> Iterator[Leftover]:
    """``tables`` are those of the state before."""
    yield from _definitions(resource, before, now)
    alike = [
        tables[name]
        for name in changed_tables(before, now)
        if before.definitions["table", name] == now.definitions["table", name]
    ]
    yield from _rows(session, resource, alike)
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


def _rows(session: Session, resource: str, tables: list[Table]) -> Iterator[Leftover]:
    asked = [(table, change, rows) for table in tables for change, rows in table.differing().items()]
    counts = session.all_rows([f"SELECT COUNT(*) {rows}" for _, _, rows in asked])
    found = [(*each, cast(int, count)) for each, ((count,),) in zip(asked, counts, strict=True) if count]
    samples = session.all_rows([f"SELECT one.* {rows} LIMIT {SAMPLE}" for _, _, rows, _ in found])
    for (table, change, _, count), sample in zip(found, samples, strict=True):
        yield Leftover(resource, table.name, change, count, tuple(table.shown(row) for row in sample))
