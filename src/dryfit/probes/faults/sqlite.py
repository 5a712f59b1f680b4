"""Faults of SQLite: there is no wire, so they are what SQLite itself says, with its codes."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.statements import table_of

_EAGER = re.compile(r"\s*BEGIN\s+(IMMEDIATE|EXCLUSIVE)\b", re.IGNORECASE)

_LEGACY = -1
"""``sqlite3.LEGACY_TRANSACTION_CONTROL``, which Python 3.11 does not have."""

_WRITING = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE"})
"""The statements before which the module begins a transaction by itself."""


def needs_the_lock(occasion: Occasion) -> bool:
    """Whether another connection that writes is in the way: a transaction may begin beside it."""
    return occasion.deed != "begin" or bool(_EAGER.match(occasion.statement))


def locked(occasion: Occasion, fault: Fault) -> BaseException:
    """Another connection is writing: a transaction has begun and stays, but for one that locks as it begins."""
    _begin_as_needed(occasion)
    return _failed(sqlite3.OperationalError, fault.text, "SQLITE_BUSY")


def full(occasion: Occasion, fault: Fault) -> BaseException:
    """No page could be added: SQLite rolls the transaction back by itself."""
    if occasion.inherited:
        raise NotMadeError("SQLite would roll back what had begun before the program was called")
    if occasion.holder.in_transaction:
        sqlite3.Cursor(occasion.holder).execute("ROLLBACK")
    return _failed(sqlite3.OperationalError, fault.text, "SQLITE_FULL")


def duplicate(occasion: Occasion, fault: Fault) -> BaseException:
    """A row with this key is there already; the transaction stays."""
    table = table_of(occasion.statement).rpartition(".")[2].strip('"')
    columns, name = _unique(occasion.holder, table)
    if not columns:
        raise NotMadeError(f"the table {table!r} has no unique columns that the statement could violate")
    _begin_as_needed(occasion)
    text = ", ".join(f"{table}.{column}" for column in columns)
    return _failed(sqlite3.IntegrityError, f"UNIQUE constraint failed: {text}", name)


def _begin_as_needed(occasion: Occasion) -> None:
    """Begin the transaction that the module begins by itself before it writes; an eager one could not have begun."""
    connection = occasion.holder
    word = occasion.statement.split(None, 1)[:1]
    writes = bool(word) and word[0].upper() in _WRITING
    if writes and _begins_by_itself(connection) and not connection.in_transaction:
        sqlite3.Cursor(connection).execute("BEGIN DEFERRED")


def _begins_by_itself(connection: Any) -> bool:
    """Whether the module controls transactions by ``isolation_level``; since Python 3.12 it may also not."""
    legacy = getattr(connection, "autocommit", _LEGACY) == _LEGACY
    return legacy and connection.isolation_level in ("", "DEFERRED")


def _unique(connection: Any, table: str) -> tuple[list[str], str]:
    """The columns of a unique constraint, one that is not the primary key first, and SQLite's name of the error."""
    cursor = sqlite3.Cursor(connection)
    cursor.row_factory = None
    indexes = cursor.execute(
        'SELECT name, origin FROM pragma_index_list(?) WHERE "unique"', (table,)
    ).fetchall()
    for index, origin in sorted(indexes, key=lambda each: str(each[1]) == "pk"):
        columns = cursor.execute("SELECT name FROM pragma_index_info(?)", (index,)).fetchall()
        return [str(column) for (column,) in columns], _constraint(origin)
    keys = cursor.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,)).fetchall()
    return [str(key) for (key,) in keys], _constraint("pk")


def _constraint(origin: str) -> str:
    return "SQLITE_CONSTRAINT_PRIMARYKEY" if origin == "pk" else "SQLITE_CONSTRAINT_UNIQUE"


def _failed(kind: type[sqlite3.Error], text: str, name: str) -> sqlite3.Error:
    error = kind(text)
    error.sqlite_errorname = name
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error
