"""Transactions that were prepared for a two-phase commit and not committed: they outlive their connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres.connect import answers, literal

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

_POSSIBLE = b"SELECT current_setting('max_prepared_transactions')::integer > 0"
_PREPARED = b"SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"


def are_possible(connection: Connection) -> bool:
    """Whether the server allows any; by default PostgreSQL does not."""
    return answers(connection, _POSSIBLE)[0][0][0] == b"t"


def roll_back(connection: Connection, token: str) -> tuple[str, ...]:
    """Roll back all of the connection's database, and return their names."""
    names = [row[0] or b"" for row in answers(connection, _PREPARED)[0]]
    if names:
        mark.prove(connection, token)
    for name in names:
        connection.execute(b"ROLLBACK PREPARED %b" % literal(name))
    return tuple(name.decode() for name in names)
