"""dryfit's mark on a database, without which nothing in it is destroyed; the production guard keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dryfit.resources.guard import postgres as guard

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

PREFIX = "dryfit "
LEASE = guard.LEASE
PROOF = guard.PROOF.encode()
"""Asks a connection which database it is on; ``judge`` takes what it gives."""


def write(connection: Connection, database: str, mark: str) -> None:
    """Put the mark on a database that dryfit has just created."""
    guard.mark(connection, database, mark)


def prove(connection: Connection, mark: str, database: str = "") -> None:
    """Raise ``ResourceError`` unless the database (by default the connection's own) bears this very mark."""
    guard.prove(connection, mark, database)


def judge(rows: Sequence[Sequence[object]], mark: str) -> None:
    """As ``prove``, by the rows that ``PROOF`` gave on the very connection that is about to destroy something."""
    guard.check(rows, mark)


def drop(connection: Connection, database: str, mark: str) -> None:
    """Drop a database that bears the mark, whoever is connected to it; one that is gone already is no error."""
    guard.drop(connection, database, mark)


def is_own_server(connection: Connection, mark: str) -> bool:
    """Whether the server was started by dryfit with this mark."""
    return guard.is_own_server(connection, mark)


def adopted(connection: Connection) -> str:
    """The mark of a database whose owner has given it to dryfit for good; "" for any other."""
    return guard.adopted(connection)


def join(connection: Connection) -> str:
    """The mark of the connection's database, which another process of this user made, and this one shares now."""
    return guard.join(connection)


def is_leased(connection: Connection, database: str) -> bool:
    """Whether a worker still has a lease on a shared database."""
    return guard.is_leased(connection, database)
