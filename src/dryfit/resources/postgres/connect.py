"""Opens dryfit's own connections, and reads results as PostgreSQL wrote them."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.postgres.programs import INSTALL

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

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
    "-c lock_timeout=5s -c synchronous_commit=on -c jit=off"
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
            found.append(_rows(result))
    except psycopg.errors.Error as error:  # libpq's own, as when the server has ended the connection
        raise psycopg.OperationalError(str(error)) from error
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)
    return found


def plan(connection: Connection, name: str, statement: str) -> None:
    """Have the server prepare a statement under a name, for this connection."""
    wire = connection.pgconn
    _checked(wire, lambda: wire.prepare(name.encode(), statement.encode()))


def planned(connection: Connection, name: str, *values: str) -> list[Row]:
    """The rows of a statement that was prepared, values as PostgreSQL writes them; a new one takes twice as long."""
    wire, given = connection.pgconn, [value.encode() for value in values]
    return _rows(_checked(wire, lambda: wire.exec_prepared(name.encode(), given)))


def _checked(wire: PGconn, ask: Callable[[], PGresult]) -> PGresult:
    psycopg = driver()
    try:
        result = ask()
    except psycopg.errors.Error as error:  # libpq's own, as when the server has ended the connection
        raise psycopg.OperationalError(str(error)) from error
    if result.error_message:
        # What the server says has a code; what libpq finds out about a server that is gone has none.
        is_lost = not result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        raise (
            psycopg.OperationalError(result.get_error_message())
            if is_lost
            else psycopg.errors.error_from_result(result)
        )
    return result


def _rows(result: PGresult) -> list[Row]:
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
