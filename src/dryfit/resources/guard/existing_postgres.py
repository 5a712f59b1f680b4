"""Why an existing PostgreSQL server would be left alone, as it tells itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
from psycopg.rows import tuple_row

from dryfit.model.resource import Endpoint

LEAVING_SECONDS = 1.0

MAINTENANCE = frozenset({"postgres", "template1"})
"""Databases that hold no data, in which clients may well be busy with others."""

# A tunnel to such a server ends on loopback; the roles that its provider has made are there all the same.
_PROVIDERS_ROLES = (
    "rdsadmin", "rds_superuser", "cloudsqlsuperuser", "alloydbsuperuser", "azure_pg_admin", "azuresu",
    "supabase_admin", "neon_superuser", "doadmin", "avnadmin", "tsdbadmin", "crunchy_superuser",
)  # fmt: skip

_POSTGRES: LiteralString = """
    SELECT pg_catalog.pg_is_in_recovery(),
           pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on',
           pg_catalog.current_database()::pg_catalog.text,
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
            WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
              AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
              AND backend_type OPERATOR(pg_catalog.=) 'client backend'
              AND NOT pg_catalog.starts_with(application_name, 'dryfit')),
           (SELECT pg_catalog.string_agg(rolname::pg_catalog.text, ', ') FROM pg_catalog.pg_roles
            WHERE rolname OPERATOR(pg_catalog.=) ANY (%s)),
           (SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles
            WHERE rolname OPERATOR(pg_catalog.=) CURRENT_USER)
"""


def connect(endpoint: Endpoint) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as anybody gets it: what the server or the role is set to shows, as read-only."""
    how: dict[str, Any] = dict(endpoint.parameters)
    return psycopg.connect(
        host=endpoint.socket or endpoint.host,
        port=endpoint.port,
        user=endpoint.user or None,
        password=endpoint.password or None,
        dbname=endpoint.database or "postgres",
        application_name="dryfit",
        autocommit=True,
        **how,
    )


def reasons(connection: psycopg.Connection[object], *, creates: bool) -> Iterator[str]:
    """What speaks against a server, asked on a connection to the database that was named.

    ``creates`` says that dryfit is to make databases of its own there: one that is given to it needs no such right.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_POSTGRES, [list(_PROVIDERS_ROLES)]).fetchone()
    replica, read_only, database, clients, roles, may_create = row or (True,) * 6
    if roles:
        yield f"it has roles of a cloud provider ({roles})"
    if replica:
        yield "it is a replica"
    elif read_only:
        yield "it is read-only"
    elif creates and not may_create:
        yield "its user may not create databases (ALTER ROLE … CREATEDB, or give one away: dryfit env adopt URL)"
    if clients and database not in MAINTENANCE and not _are_leaving(connection):
        yield f"its database {database} is in use by {clients} other clients (name the database postgres instead)"


def _are_leaving(connection: psycopg.Connection[object]) -> bool:
    """Whether the other clients are gone a moment later: a backend outlives its connection by some milliseconds."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.01)
        with connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(_POSTGRES, [list(_PROVIDERS_ROLES)]).fetchone()
        if row and not row[3]:
            return True
    return False
