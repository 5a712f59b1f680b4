"""The connection to a database that a library crossing goes through, and the state of its transaction.

Drivers are known by the modules of their classes; none is imported.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

from dryfit.model.crossing import Crossing
from dryfit.probes.statics import module_of, mro, told_once

Standing = Literal["none", "open", "failed", "gone", "unknown"]
"""Of a connection: in no transaction, in one, in one that can only be rolled back, closed or lost, or nobody knows."""

_WRAPPERS = ("dbapi_connection", "driver_connection", "connection", "_connection", "_conn")
"""Where what wraps a connection keeps it."""


def connection_of(crossing: Crossing) -> object | None:
    """The driver's own connection below a crossing into a database library."""
    values = crossing.values
    match crossing.component:
        case "sqlalchemy":
            start: object = values[1]
        case "django":
            start = getattr(values[0], "db", None)
        case _:
            start = values[0]
    return driver_connection(start)


def driver_connection(start: object) -> object | None:
    """The driver's connection below a cursor, a pool's proxy, or an adapter."""
    for _ in range(len(_WRAPPERS)):
        if start is None or driver_of(start):
            return start
        start = next((found for name in _WRAPPERS if (found := _part(start, name)) is not None), None)
    return None


def _part(value: object, name: str) -> object:
    with suppress(Exception):  # a wrapper may be closed, and raise what it likes
        return getattr(value, name, None)
    return None


def driver_of(value: object) -> str:
    """The driver whose connection it is, or ""."""
    return _driver_of(type(value))


@told_once
def _driver_of(cls: type) -> str:
    for base in mro(cls):
        found = _CONNECTIONS.get((module_of(base).partition(".")[0], base.__name__))
        if found is not None:
            return found
    return ""


_CONNECTIONS = {
    ("sqlite3", "Connection"): "sqlite3",
    ("psycopg", "BaseConnection"): "psycopg",
    ("psycopg2", "connection"): "psycopg2",
    ("asyncpg", "Connection"): "asyncpg",
    ("pymysql", "Connection"): "pymysql",
    ("MySQLdb", "Connection"): "MySQLdb",
}


def standing(connection: Any) -> Standing:
    """How a connection stands, without asking its server."""
    try:
        match driver_of(connection):
            case "sqlite3":
                return "open" if connection.in_transaction else _if_open(connection)
            case "psycopg":
                return _libpq(connection.pgconn.transaction_status)
            case "psycopg2":
                return "gone" if connection.closed else _libpq(connection.get_transaction_status())
            case "asyncpg":
                return "gone" if connection.is_closed() else _stands(connection.is_in_transaction())
            case "pymysql":
                return "none" if connection.get_autocommit() else "unknown"
    except Exception:  # noqa: BLE001 - whatever a driver raises of a connection that was closed
        return "gone"
    return "unknown"


def level(connection: object) -> int:
    """How many of psycopg's ``transaction()`` blocks a connection is within; their ends are seen nowhere else."""
    found = getattr(connection, "_num_transactions", 0)
    return found if type(found) is int else 0


def _stands(is_open: bool) -> Standing:
    return "open" if is_open else "none"


def _libpq(status: int) -> Standing:
    """By libpq's PGTransactionStatusType: idle, active, in a transaction, in one that failed, unknown."""
    found: tuple[Standing, ...] = ("none", "open", "open", "failed", "gone")
    return found[int(status)]


def _if_open(connection: Any) -> Standing:
    connection.total_changes  # noqa: B018 - raises where the connection was closed
    return "none"


def affected(crossing: Crossing, value: object) -> int:
    """How many rows a statement has changed, -1 where nobody knows; ``value`` is what the call returned."""
    if isinstance(value, str):  # asyncpg's "UPDATE 3"
        count = value.rpartition(" ")[2]
        return int(count) if count.isdigit() else -1
    for cursor in (value, *crossing.values[:2]):
        found = getattr(cursor, "rowcount", None) if type(cursor) is not tuple else None
        if type(found) is int:
            return found
    return -1


def pool_of(crossing: Crossing) -> object | None:
    """The pool of SQLAlchemy's from which a crossing has its connection."""
    if crossing.component != "sqlalchemy":
        return None
    if len(crossing.values) == 2:  # a commit or a rollback of what the pool has given out
        return _part(crossing.values[1], "_pool")
    context = crossing.values[-1]
    return _part(_part(context, "engine"), "pool")


def checked_out(pool: object) -> int:
    """How many of its connections a pool of SQLAlchemy's has given out, as far as it counts them."""
    count = _part(pool, "checkedout")
    found = count() if callable(count) else 0
    return found if type(found) is int else 0


def is_lent(connection: object) -> bool:
    """Whether a pool of psycopg_pool's, or of asyncpg's, has given a connection out."""
    holder = _LENT_BY.get(driver_of(connection))
    return holder is not None and _part(connection, holder) is not None


_LENT_BY = {"psycopg": "_pool", "asyncpg": "_proxy"}
"""Where a connection that was taken out of a pool knows it, by the driver; given back, it forgets."""
