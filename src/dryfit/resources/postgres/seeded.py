"""The seeded database, with which others are compared where no list of what was written is at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dryfit.model.resource import Endpoint
from dryfit.resources.postgres import catalogue
from dryfit.resources.postgres.catalogue import Digest, Table
from dryfit.resources.postgres.connect import answers, connect

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

MOST_TOLD = 20


class Seeded:
    """The database that the others are copies of; connected to for moments only, for one in use cannot be copied."""

    def __init__(self, endpoint: Endpoint, name: str) -> None:
        self._endpoint, self._name = endpoint, name
        self._digests: dict[str, Digest] = {}

    def schema_changes(self, connection: Connection, names: Iterable[str], horizon: int) -> tuple[str, ...]:
        """What the connection's database has otherwise in system catalogues of these names, as people call it.

        It was equal before transaction ``horizon``. Temporary tables must not be left in it.
        """
        names = frozenset(names)
        self._read(names - self._digests.keys())
        news = catalogue.news(connection, names, horizon)
        suspects = [name for name, (count, new) in news.items() if self._may_differ(name, count, new)]
        if not suspects:
            return ()
        now = catalogue.digests(connection, suspects)
        changed = {name: tuple(_differences(self._digests[name], now[name])) for name in suspects}
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

    def _may_differ(self, name: str, count: int, new: Digest) -> bool:
        # As many rows as ever, and those that were written anew are as ever: nothing is missing or different.
        return count != len(self._digests[name]) or not new.items() <= self._digests[name].items()

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


def _differences(before: Digest, after: Digest) -> Iterator[bytes]:
    """The oids (or hashes) of rows that were added, removed or changed."""
    return (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _versions(table: Table) -> bytes:
    version = "hashtextextended(ctid::text || xmin::text, 0)"
    return f"SELECT count(*), sum({version}) FROM ONLY {table.name}".encode()
