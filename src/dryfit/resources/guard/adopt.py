"""Takes over a database that its owner gives away: after he has seen what is in it, at a terminal, by its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.guard import existing, existing_postgres, postgres

CI_VARIABLES = ("CI", "CONTINUOUS_INTEGRATION", "BUILD_ID", "TF_BUILD", "TEAMCITY_VERSION")

_SIZE: LiteralString = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"
_TABLES: LiteralString = """
    SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_')
      AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
    ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a database to be adopted; ``rows`` is counted, not estimated."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting a database would give to dryfit. ``size`` is in bytes."""

    host: str
    port: int
    user: str
    database: str
    size: int
    tables: tuple[Table, ...]

    def lines(self) -> Iterator[str]:
        """All of it, for the user to read before he agrees."""
        yield f"database  {self.database}"
        yield f"host      {self.host}:{self.port}, as {self.user}"
        rows = sum(table.rows for table in self.tables)
        tables = f"{len(self.tables)} table{'s' if len(self.tables) != 1 else ''}"
        yield f"size      {self.size / 1e6:.1f} MB, {rows:,} rows in {tables}"
        for table in sorted(self.tables, key=lambda table: -table.rows):
            yield f"{table.rows:>12,}  {table.name}"


def survey(url: str) -> Adoption:
    """What is in the database that a URL names; raises ``ResourceError`` where it must not be adopted."""
    with _connected(url) as (endpoint, connection):
        return _surveyed(endpoint, connection)


def adopt(url: str, typed: str) -> Adoption:
    """Mark the database as dryfit's for good, so that from now on everything in it may be destroyed.

    ``typed`` is what the user has typed as its name. Raises ``ResourceError`` in continuous integration, without a
    terminal, where the name is another one, and where it must not be adopted.
    """
    refuse_without_a_person()
    with _connected(url) as (endpoint, connection):
        found = _surveyed(endpoint, connection)
        if typed != found.database:
            raise _error(
                f"{typed!r} is not the name of the database, which is {found.database!r}; nothing was changed"
            )
        postgres.take_over(connection)
        return found


def refuse_without_a_person() -> None:
    """Raise ``ResourceError`` in continuous integration, and without a terminal."""
    for name in CI_VARIABLES:
        if os.environ.get(name, "false").lower() not in ("", "0", "false"):
            raise _error(
                f"a database is not adopted in continuous integration ({name} is set); do it at a terminal"
            )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise _error("a database is adopted at a terminal only, by somebody who reads what is in it")


@contextmanager
def _connected(url: str) -> Iterator[tuple[Endpoint, psycopg.Connection[object]]]:
    from dryfit.resources.providers.url import endpoint_of

    endpoint = endpoint_of(url, Declaration("dryfit env adopt", "postgres", "url"))
    if not endpoint.database or endpoint.database in existing_postgres.MAINTENANCE:
        raise _error("the url has to name a database, and one that is not the server's own")
    existing.refuse(endpoint, existing.of_host(endpoint))
    try:
        with existing_postgres.connect(endpoint) as connection:
            existing.refuse(endpoint, existing_postgres.reasons(connection, creates=False))
            yield endpoint, connection
    except psycopg.Error as error:
        raise _error(f"database {endpoint.database}: cannot be adopted: {str(error).strip()}") from error


def _surveyed(endpoint: Endpoint, connection: psycopg.Connection[object]) -> Adoption:
    with connection.cursor(row_factory=tuple_row) as cursor:
        ((size,),) = cursor.execute(_SIZE).fetchall()
        tables = tuple(_counted(cursor, *names) for names in cursor.execute(_TABLES).fetchall())
    return Adoption(
        endpoint.socket or endpoint.host,
        endpoint.port,
        connection.info.user,
        connection.info.dbname,
        size,
        tables,
    )


def _counted(cursor: psycopg.Cursor[tuple[int]], schema: str, name: str) -> Table:
    query = sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(sql.Identifier(schema, name))
    ((rows,),) = cursor.execute(query).fetchall()
    return Table(name if schema == "public" else f"{schema}.{name}", rows)


def _error(what: str) -> ResourceError:
    return ResourceError(what, slug="production-guard")
