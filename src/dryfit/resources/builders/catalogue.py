"""The tables of databases, reflected once: from the catalogue, with their constraints, enums and domains."""

from __future__ import annotations

import warnings

from sqlalchemy import Connection, MetaData, Table, inspect
from sqlalchemy.exc import SAWarning

INNER = ("information_schema", "pg_catalog", "pg_toast", "dryfit", "mysql", "performance_schema", "sys")


class Catalogue:
    """The tables of the databases that were looked at; kept for a session, since a schema is read in 50 ms or more."""

    def __init__(self) -> None:
        self._known: dict[str, MetaData] = {}

    def tables(self, connection: Connection, *, again: bool = False) -> tuple[Table, ...]:
        """The tables of a connection's database; ``again`` reads those that are new since."""
        key = _key(connection)
        if key not in self._known or again:
            self._known[key] = _reflected(connection)
        return tuple(self._known[key].tables.values())


def _reflected(connection: Connection) -> MetaData:
    metadata = MetaData()
    with warnings.catch_warnings():
        # It warns of types that it does not know: a row may well do without.
        warnings.simplefilter("ignore", SAWarning)
        for schema in (None, *_other_schemas(connection)):
            metadata.reflect(connection, schema=schema)
    return metadata


def _other_schemas(connection: Connection) -> list[str]:
    catalogue = inspect(connection)
    if connection.dialect.name != "postgresql":
        return []
    names = catalogue.get_schema_names()
    return [n for n in names if n != catalogue.default_schema_name and not n.startswith(INNER)]


def _key(connection: Connection) -> str:
    """What tells a database from others: its URL, and the connection itself where that has none (a lent one)."""
    driver = connection.connection.driver_connection
    dsn = getattr(getattr(driver, "info", None), "dsn", None)
    url = connection.engine.url
    anonymous = url.database in (None, "", ":memory:")
    return str(dsn or (f"{url} of {id(driver)}" if anonymous else url))
