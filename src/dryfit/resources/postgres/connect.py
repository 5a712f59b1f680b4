"""Opens dryfit's own connections, and reads results as PostgreSQL wrote them."""

from __future__ import annotations

import time
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.postgres.programs import INSTALL

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult

    Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]

Row: TypeAlias = tuple[bytes | None, ...]

MAINTENANCE = "postgres"
NAME = "dryfit"
"""The ``application_name`` of every connection of dryfit's own."""

_RESTARTING, _PAUSE = 10.0, 0.02
"""Seconds in which a server has to be back that ended its connections, and those between two attempts."""

# Values are read and written back as text, so the text has to be the same whatever the project has set.
_OPTIONS = (
    "-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC -c extra_float_digits=1 -c bytea_output=hex "
    "-c xmloption=content -c standard_conforming_strings=on -c row_security=off "
    "-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed "
    "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 "
    "-c lock_timeout=5s -c synchronous_commit=on -c jit=off -c plan_cache_mode=force_generic_plan"
)


def connect(endpoint: Endpoint, database: str, *, name: str = NAME) -> Connection:
    """A connection in autocommit mode, of the server's administrator; raises ``ResourceError`` where there is none."""
    driver()
    import psycopg

    how: dict[str, Any] = dict(endpoint.parameters)
    try:
        return psycopg.connect(
            host=endpoint.socket or endpoint.host,
            port=endpoint.port,
            user=endpoint.user or None,
            password=endpoint.password or None,
            dbname=database,
            application_name=name,
            options=_OPTIONS,
            client_encoding="UTF8",
            autocommit=True,
            prepare_threshold=None,
            **how,
        )
    except psycopg.OperationalError as error:
        where = f"PostgreSQL at {endpoint.socket or endpoint.host}:{endpoint.port}, database {database}"
        raise ResourceError(f"{where}: cannot connect: {str(error).strip()}", slug="resources") from error


def connect_again(endpoint: Endpoint, database: str) -> Connection:
    """The same where there was one before: a server that restarts is waited for."""
    until = time.monotonic() + _RESTARTING
    while True:
        try:
            return connect(endpoint, database)
        except ResourceError:
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE)


def driver() -> ModuleType:
    """psycopg 3; raises ``ResourceError`` that says how to install it."""
    try:
        import psycopg
    except ImportError as error:
        raise ResourceError(f"psycopg: not installed; install it: {INSTALL}", slug="resources") from error
    return psycopg


def answers(connection: Connection, script: bytes) -> list[list[Row]]:
    """Run statements in one round trip, and give the rows of each, values as PostgreSQL writes them.

    Straight on libpq: a cursor's bookkeeping would cost more than the statement that asks whether a test wrote.
    """
    psycopg = driver()
    wire = connection.pgconn
    found: list[list[Row]] = []
    failed = None
    try:
        wire.send_query(script)
        while result := wire.get_result():
            if result.error_message:
                failed = failed or result
            found.append(rows_of(result))
    except psycopg.errors.Error as error:  # libpq's own, as when the server has ended the connection
        raise psycopg.OperationalError(str(error)) from error
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)
    return found


def rows_of(result: PGresult) -> list[Row]:
    """Values as PostgreSQL writes them."""
    columns = range(result.nfields)
    return [tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)]


def literal(value: bytes | None) -> bytes:
    """A value as it stands in a statement."""
    return b"NULL" if value is None else b"'" + value.replace(b"'", b"''") + b"'"


def identifier(name: str) -> str:
    """A name as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def url(endpoint: Endpoint, database: str) -> str:
    """The address that every library understands, by TCP."""
    secret = f":{quote(endpoint.password, safe='')}" if endpoint.password else ""
    who = f"{quote(endpoint.user, safe='')}{secret}@" if endpoint.user else ""
    how = f"?{urlencode(endpoint.parameters)}" if endpoint.parameters else ""
    return f"postgresql://{who}{endpoint.host}:{endpoint.port}/{quote(database, safe='')}{how}"
