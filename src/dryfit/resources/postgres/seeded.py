"""The seeded database, with which others are compared where no list of what was written is at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dryfit.model.resource import Endpoint
from dryfit.resources.postgres import catalogue
from dryfit.resources.postgres.catalogue import Table
from dryfit.resources.postgres.connect import answers, connect

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

MOST_TOLD = 20


class Seeded:
    """The database that the others are copies of; connected to for moments only, for one in use cannot be copied."""

    def __init__(self, endpoint: Endpoint, name: str) -> None:
        self._endpoint, self._name = endpoint, name
        self._digests: dict[str, dict[bytes, bytes]] = {}

    def schema_changes(self, connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
        """What the connection's database has otherwise in system catalogues of these names, as people call it.

        Temporary tables must not be left in it.
        """
        names = frozenset(names)
        self._read(names - self._digests.keys())
        now = catalogue.digests(connection, names)
        changed = {name: catalogue.differences(self._digests[name], now[name]) for name in sorted(names)}
        if not any(changed.values()):
            return ()
        told = list(dict.fromkeys(self._described(connection, changed)))
        # A table's columns, types and dependencies come with it; they are told only where nothing has a name.
        return tuple([name for name in told if name not in names] or told)

    def differing(self, connection: Connection, tables: Sequence[Table]) -> list[Table]:
        """The tables whose rows are other versions, or stand elsewhere, in the connection's database."""
        if not tables:
            return []
        script = b";".join(_versions(table) for table in tables)
        with connect(self._endpoint, self._name) as seeded:
            then, now = answers(seeded, script), answers(connection, script)
        return [table for table, old, new in zip(tables, then, now, strict=True) if old != new]

    def _read(self, names: frozenset[str]) -> None:
        if names:
            with connect(self._endpoint, self._name) as connection:
                self._digests |= catalogue.digests(connection, names)

    def _described(self, connection: Connection, changed: dict[str, tuple[bytes, ...]]) -> Iterator[str]:
        with connect(self._endpoint, self._name) as seeded:
            for name, rows in changed.items():
                for row in rows[:MOST_TOLD]:
                    told = catalogue.describe(connection, name, row)
                    yield told if told != name else catalogue.describe(seeded, name, row)


def _versions(table: Table) -> bytes:
    version = "hashtextextended(ctid::text || xmin::text, 0)"
    return f"SELECT count(*), sum({version}) FROM ONLY {table.name}".encode()
