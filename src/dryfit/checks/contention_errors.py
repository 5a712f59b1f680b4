"""Exceptions by which a resource says that operations got into each other's way."""

from __future__ import annotations

from typing import Literal

from dryfit.model.reply import ErrorSeen

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
    "sqlalchemy.exc.TimeoutError": "pool",
}


_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SAYS_LOCKED = ("database is locked", "table is locked", "database schema is locked")
"""How SQLite says so, where its code has been lost on the way."""


def kind_of(error: ErrorSeen) -> Kind | Literal[""]:
    """What an exception says by its classes, the most special one first; "" for every other exception."""
    for name in error.bases:
        if name == "sqlite3.OperationalError" and _is_locked(error):
            return "busy"
        module, _, short = name.rpartition(".")
        if name in _EXACTLY:
            return _EXACTLY[name]
        if short in _KINDS and module.partition(".")[0] in _OF_LIBRARIES:
            return _KINDS[short]
    return ""


def _is_locked(error: ErrorSeen) -> bool:
    """Whether another connection to the database is in the way: the class alone says that of mistakes, too."""
    return error.code.startswith(_LOCKED) if error.code else any(said in error.text for said in _SAYS_LOCKED)
