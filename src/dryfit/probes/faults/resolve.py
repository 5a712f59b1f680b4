"""Makes an occasion of a crossing: which driver is used, over which connection, to do what."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from types import ModuleType
from typing import Any

from dryfit.model.crossing import Crossing
from dryfit.probes.faults import asyncpg, layers, mail, psycopg, psycopg2
from dryfit.probes.faults.occasion import BARE, Deed, Layer, Occasion
from dryfit.probes.faults.redis import READS
from dryfit.probes.faults.statements import deed_of, text_of

_POSTGRES: dict[str, ModuleType] = {"psycopg": psycopg, "psycopg2": psycopg2, "asyncpg": asyncpg}

_TO_THE_DRIVER = (
    "driver_connection",
    "dbapi_connection",
    "_adapt_connection",
    "connection",
    "_connection",
    "_conn",
)
"""What cursors and wrappers call the connection below, the nearest to the driver first."""

_ASYNCHRONOUS = frozenset({"AsyncConnection", "AsyncClient"})


def occasion_of(crossing: Crossing) -> Occasion | None:
    """What may go wrong at a library crossing depends on this; ``None`` where nothing of it is known."""
    callee = crossing.callee
    resolve = _RESOLVERS.get(callee.name) if callee.kind == "library" else None
    return resolve(crossing) if resolve is not None and crossing.values else None


def _statement(crossing: Crossing) -> Occasion | None:
    holder = crossing.values[0]
    text = text_of(crossing.values[1:])
    return _on_connection(crossing, holder, deed_of(text), text, BARE)


def _script(crossing: Crossing) -> Occasion | None:
    return _on_connection(crossing, crossing.values[0], "script", "", BARE)


def _commit(crossing: Crossing) -> Occasion | None:
    return _on_connection(crossing, crossing.values[0], "commit", "", BARE)


def _rollback(crossing: Crossing) -> Occasion | None:
    return _on_connection(crossing, crossing.values[0], "rollback", "", BARE)


def _copy(crossing: Crossing) -> Occasion | None:
    return _on_connection(crossing, crossing.values[0], "write", "", BARE)


def _sqlalchemy_statement(crossing: Crossing) -> Occasion | None:
    dialect, cursor = crossing.values[:2]
    text = text_of(crossing.values[2:])
    layer = layers.sqlalchemy(dialect, getattr(cursor, "_adapt_connection", None))
    return _on_connection(crossing, cursor, deed_of(text), text, layer)


def _sqlalchemy_end(deed: Deed) -> Callable[[Crossing], Occasion | None]:
    def resolve(crossing: Crossing) -> Occasion | None:
        dialect, pooled = crossing.values[:2]
        layer = layers.sqlalchemy(dialect, getattr(pooled, "dbapi_connection", pooled))
        return _on_connection(crossing, pooled, deed, "", layer)

    return resolve


def _django(crossing: Crossing) -> Occasion | None:
    wrapper: Any = crossing.values[0]
    text = text_of(crossing.values[1:])
    return _on_connection(crossing, wrapper.cursor, deed_of(text), text, layers.django(wrapper))


def _on_connection(
    crossing: Crossing, holder: object, deed: Deed, statement: str, layer: Layer
) -> Occasion | None:
    """The occasion, where a driver that is known has a connection to which a fault can come."""
    driver, connection = _driver_connection(holder)
    if driver == "sqlite3":
        return _on_sqlite(crossing, connection, deed, statement, layer)
    known: Any = _POSTGRES.get(driver)
    if known is None or not known.is_usable(connection):
        return None
    underway = known.in_transaction(connection)
    if deed in ("commit", "rollback") and not underway:
        return None
    lasting = deed == "commit" or (deed in ("insert", "write") and known.commits_alone(connection))
    waits = driver == "asyncpg" or type(connection).__name__.startswith("Async")
    return Occasion(crossing, driver, deed, connection, statement, lasting, waits, layer)


def _on_sqlite(
    crossing: Crossing, connection: Any, deed: Deed, statement: str, layer: Layer
) -> Occasion | None:
    sqlite3.Cursor(connection)  # raises where the connection is closed, or another thread's
    if deed == "commit" and not connection.in_transaction:
        return None
    return Occasion(crossing, "sqlite3", deed, connection, statement, layer=layer)


def _driver_connection(holder: Any) -> tuple[str, Any]:
    """The driver's own connection below a cursor or wrapper, with the name of the driver; "" where none is known."""
    for _ in range(len(_TO_THE_DRIVER)):
        driver = _driver_of(holder)
        if driver:
            return driver, holder
        holder = next(filter(None, (getattr(holder, name, None) for name in _TO_THE_DRIVER)), None)
    return "", None


def _driver_of(connection: object) -> str:
    """The driver of which this is a connection, by the name of its class."""
    for kind in type(connection).__mro__:
        library = kind.__module__.partition(".")[0]
        if kind.__name__ in ("Connection", "AsyncConnection", "connection") and (
            library in _POSTGRES or library == "sqlite3"
        ):
            return library
    return ""


def _send(driver: str) -> Callable[[Crossing], Occasion]:
    def resolve(crossing: Crossing) -> Occasion:
        client = crossing.values[0]
        kinds = type(client).__mro__
        waits = driver == "aiohttp" or any(
            kind.__name__ in _ASYNCHRONOUS or "asyncio" in kind.__module__ for kind in kinds
        )
        return Occasion(crossing, driver, "send", client, lasting=True, waits=waits)

    return resolve


def _redis(crossing: Crossing) -> Occasion | None:
    client: Any = crossing.values[0]
    if getattr(client, "watching", False):
        return None  # a lost connection is a WatchError then
    asks = text_of(crossing.values[1:]).upper() in READS
    waits = "asyncio" in type(client).__module__
    return Occasion(crossing, "redis", "read" if asks else "send", client, lasting=not asks, waits=waits)


def _smtplib(crossing: Crossing) -> Occasion | None:
    occasion = Occasion(crossing, "smtplib", "send", crossing.values[0], lasting=True)
    return occasion if mail.smtplib_is_connected(occasion) else None


def _aiosmtplib(crossing: Crossing) -> Occasion | None:
    occasion = Occasion(crossing, "aiosmtplib", "send", crossing.values[0], lasting=True, waits=True)
    return occasion if mail.aiosmtplib_is_connected(occasion) else None


def _api_call(crossing: Crossing) -> Occasion:
    first: Any = crossing.values[0]  # a decorator takes all positional arguments as one
    client, operation = first[:2] if isinstance(first, tuple) else crossing.values[:2]
    return Occasion(crossing, "botocore", "send", client, str(operation), lasting=True)


def _start(crossing: Crossing) -> Occasion:
    return Occasion(crossing, "subprocess", "start", None)


def _open(crossing: Crossing) -> Occasion:
    return Occasion(crossing, "builtins", "open", None)


_RESOLVERS: dict[str, Callable[[Crossing], Occasion | None]] = {
    "sqlite3.Cursor.execute": _statement,
    "sqlite3.Cursor.executemany": _statement,
    "sqlite3.Cursor.executescript": _script,
    "sqlite3.Connection.execute": _statement,
    "sqlite3.Connection.executemany": _statement,
    "sqlite3.Connection.executescript": _script,
    "sqlite3.Connection.commit": _commit,
    "psycopg.Cursor.execute": _statement,
    "psycopg.Cursor.executemany": _statement,
    "psycopg.ServerCursor.execute": _statement,
    "psycopg.Connection.commit": _commit,
    "psycopg.Connection.rollback": _rollback,
    "psycopg.AsyncCursor.execute": _statement,
    "psycopg.AsyncCursor.executemany": _statement,
    "psycopg.AsyncServerCursor.execute": _statement,
    "psycopg.AsyncConnection.commit": _commit,
    "psycopg.AsyncConnection.rollback": _rollback,
    "psycopg2.cursor.execute": _statement,
    "psycopg2.cursor.executemany": _statement,
    "psycopg2.DictCursor.execute": _statement,
    "psycopg2.RealDictCursor.execute": _statement,
    "psycopg2.NamedTupleCursor.execute": _statement,
    "psycopg2.NamedTupleCursor.executemany": _statement,
    "psycopg2.connection.commit": _commit,
    "psycopg2.connection.rollback": _rollback,
    "asyncpg.Connection.execute": _statement,
    "asyncpg.Connection.executemany": _statement,
    "asyncpg.Connection.fetch": _statement,
    "asyncpg.Connection.fetchmany": _statement,
    "asyncpg.Connection.fetchrow": _statement,
    "asyncpg.Connection.fetchval": _statement,
    "asyncpg.Connection.copy_records_to_table": _copy,
    "sqlalchemy.DefaultDialect.do_execute": _sqlalchemy_statement,
    "sqlalchemy.DefaultDialect.do_execute_no_params": _sqlalchemy_statement,
    "sqlalchemy.DefaultDialect.do_executemany": _sqlalchemy_statement,
    "sqlalchemy.DefaultDialect.do_commit": _sqlalchemy_end("commit"),
    "sqlalchemy.DefaultDialect.do_rollback": _sqlalchemy_end("rollback"),
    "django.CursorWrapper.execute": _django,
    "django.CursorWrapper.executemany": _django,
    "httpx.Client.send": _send("httpx"),
    "httpx.AsyncClient.send": _send("httpx"),
    "requests.Session.send": _send("requests"),
    "aiohttp.ClientSession._request": _send("aiohttp"),
    "redis.Redis.execute_command": _redis,
    "redis.Pipeline.execute": _redis,
    "smtplib.SMTP.sendmail": _smtplib,
    "aiosmtplib.SMTP.sendmail": _aiosmtplib,
    "aiosmtplib.SMTP.send_message": _aiosmtplib,
    "botocore.BaseClient._make_api_call": _api_call,
    "subprocess.Popen.__init__": _start,
    "builtins.open": _open,
}
