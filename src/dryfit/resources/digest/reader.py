"""Reads the digest of whatever a connection leads to."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

from dryfit.model.digest import Digest
from dryfit.model.target import Target
from dryfit.resources.digest import sqlite
from dryfit.resources.digest.sqlite import Known


def read(target: Target, *, transactions: bool = False, known: Known | None = None) -> Digest:
    """Read one target as it is now; one that cannot be read is left out as a whole, with the reason.

    ``transactions`` adds sessions that are idle within a transaction, where the server knows of them; ``known`` is what
    was read before.
    """
    try:
        return _read(target, transactions, known)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the tests go on
        reason = " ".join(str(error).split()) or type(error).__name__
        return Digest(skipped=(((str(target), ""), f"it cannot be read: {reason}"),))


def _read(target: Target, transactions: bool, known: Known | None) -> Digest:
    source = str(target)
    match target.kind:
        case "postgres":
            from dryfit.resources.digest import postgres

            return postgres.read(target.address, source, transactions=transactions)
        case "redis":
            from dryfit.resources.digest import redis

            return redis.read(target.address, source)
        case "sqlite":
            return _read_sqlite(target, source, known)


def _read_sqlite(target: Target, source: str, known: Known | None) -> Digest:
    if target.connection is None:
        return sqlite.read_file(Path(target.address), source, known)
    connection = target.connection()
    return (
        sqlite.read_connection(cast(sqlite3.Connection, connection), source, known)
        if connection is not None
        else Digest()
    )
