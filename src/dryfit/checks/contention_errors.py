"""Exceptions by which a resource says that operations got into each other's way, by the names of their classes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Kind = Literal["unique", "serialization", "deadlock", "busy", "optimistic", "pool"]

_KINDS: dict[str, Kind] = {
    "UniqueViolation": "unique",
    "UniqueViolationError": "unique",
    "ExclusionViolation": "unique",
    "IntegrityError": "unique",
    "DuplicateKeyError": "unique",
    "SerializationFailure": "serialization",
    "SerializationError": "serialization",
    "TransactionRollback": "serialization",
    "TransactionRollbackError": "serialization",
    "DeadlockDetected": "deadlock",
    "DeadlockDetectedError": "deadlock",
    "LockNotAvailable": "busy",
    "LockNotAvailableError": "busy",
    "StaleDataError": "optimistic",
    "WatchError": "optimistic",
    "PoolTimeout": "pool",
    "TooManyConnectionsError": "pool",
}

_OF_LIBRARIES = (
    *(
        "psycopg",
        "psycopg2",
        "asyncpg",
        "sqlite3",
        "sqlalchemy",
        "django",
        "redis",
        "psycopg_pool",
        "pymysql",
    ),
    *("MySQLdb", "aiosqlite"),
)

_EXACTLY: dict[str, Kind] = {
    "sqlite3.OperationalError": "busy",  # beside a few mistakes in the statement, which come in every order
    "sqlalchemy.exc.TimeoutError": "pool",
}


def kind_of(bases: Iterable[str]) -> Kind | Literal[""]:
    """What an exception says by its classes, the most special one first; "" for every other exception."""
    for name in bases:
        module, _, short = name.rpartition(".")
        if name in _EXACTLY:
            return _EXACTLY[name]
        if short in _KINDS and module.partition(".")[0] in _OF_LIBRARIES:
            return _KINDS[short]
    return ""
