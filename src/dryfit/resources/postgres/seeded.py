"""What a database is compared with where no list of what was written is at hand: the seeded one, or its own past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dryfit.model.resource import Endpoint
from dryfit.resources.postgres import catalogue
from dryfit.resources.postgres.catalogue import Catalogue, Digest, Table
from dryfit.resources.postgres.connect import Row, answers, connect

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
        unread = names - self._digests.keys()
        if unread:
            with connect(self._endpoint, self._name) as seeded:
                self._digests |= catalogue.digests(seeded, unread)
        changed = _changed(connection, self._digests, names, horizon)
        if not changed:
            return ()
        with connect(self._endpoint, self._name) as seeded:
            return _told(changed, (connection, seeded))

    def differing(self, connection: Connection, tables: Sequence[Table]) -> list[Table]:
        """The tables whose rows are other versions, or stand elsewhere, in the connection's database."""
        if not tables:
            return []
        with connect(self._endpoint, self._name) as seeded:
            then = _versions(seeded, tables)
        return _differing(connection, tables, then)


class Prepared:
    """A database as a test has prepared it, where that made or changed tables: all is read at once."""

    def __init__(self, connection: Connection, found: Catalogue) -> None:
        self._digests = catalogue.digests(connection, found.system.values())
        self._versions = dict(zip(found.tables, _versions(connection, found.tables.values()), strict=True))

    def schema_changes(self, connection: Connection, names: Iterable[str], horizon: int) -> tuple[str, ...]:
        """As ``Seeded``'s; what is gone can only be called by its system catalogue."""
        changed = _changed(connection, self._digests, frozenset(names), horizon)
        return _told(changed, (connection,))

    def differing(self, connection: Connection, tables: Sequence[Table]) -> list[Table]:
        """As ``Seeded``'s."""
        return _differing(connection, tables, [self._versions[table.oid] for table in tables])


def _changed(
    connection: Connection, then: Mapping[str, Digest], names: frozenset[str], horizon: int
) -> dict[str, tuple[bytes, ...]]:
    """The rows of system catalogues that were added, removed or changed: their oids, or hashes."""
    news = catalogue.news(connection, names, horizon)
    # As many rows as ever, and those that were written anew are as ever: nothing is missing or different.
    suspects = [
        name
        for name, (count, new) in news.items()
        if count != len(then[name]) or not new.items() <= then[name].items()
    ]
    if not suspects:
        return {}
    now = catalogue.digests(connection, suspects)
    return {name: tuple(_differences(then[name], now[name])) for name in suspects}


def _told(changed: Mapping[str, tuple[bytes, ...]], asked: Iterable[Connection]) -> tuple[str, ...]:
    """As people call it, by the first of the connections that knows the name."""
    told = list(
        dict.fromkeys(
            _described(name, row, asked) for name, rows in changed.items() for row in rows[:MOST_TOLD]
        )
    )
    # A table's columns, types and dependencies come with it; they are told only where nothing has a name.
    return tuple([name for name in told if name not in changed] or told)


def _described(name: str, row: bytes, asked: Iterable[Connection]) -> str:
    told = (catalogue.describe(connection, name, row) for connection in asked)
    return next((each for each in told if each != name), name)


def _differences(before: Digest, after: Digest) -> Iterator[bytes]:
    return (key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def _differing(connection: Connection, tables: Sequence[Table], then: Sequence[object]) -> list[Table]:
    now = _versions(connection, tables)
    return [table for table, old, new in zip(tables, then, now, strict=True) if old != new]


def _versions(connection: Connection, tables: Iterable[Table]) -> list[list[Row]]:
    """Which versions of rows stand where, of each table."""
    version = "hashtextextended(ctid::text || xmin::text, 0)"
    selects = [f"SELECT count(*), sum({version}) FROM ONLY {table.name}" for table in tables]
    return answers(connection, ";".join(selects).encode()) if selects else []
