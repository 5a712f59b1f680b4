"""Temporary tables of connections that live on, as a pool's do: the next test would find them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres.connect import answers
from dryfit.resources.postgres.sessions import GRACE_SECONDS, POLL_SECONDS

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

_THINGS = b"""
SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
  quote_ident(relnamespace::regnamespace::text) || '.' || quote_ident(relname), relname
FROM pg_class WHERE relpersistence = 't' AND relkind IN ('r', 'p', 'v', 'S') ORDER BY relkind <> 'v', oid
"""


def temporary(connection: Connection) -> tuple[str, ...]:
    """The names of those that are there."""
    return tuple((name or b"").decode() for _, _, name in answers(connection, _THINGS)[0])


def drop_temporary(connection: Connection, token: str) -> tuple[str, ...]:
    """Drop them all, and return their names; what belongs to a connection that is just ending is waited for."""
    deadline = time.monotonic() + GRACE_SECONDS
    while things := answers(connection, _THINGS)[0]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    if things:
        mark.prove(connection, token)
    for kind, name, _ in things:
        connection.execute(b"DROP %b IF EXISTS %b CASCADE" % (kind or b"", name or b""))
    return tuple((name or b"").decode() for _, _, name in things)
