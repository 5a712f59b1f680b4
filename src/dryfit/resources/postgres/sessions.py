"""Transactions that the program under test left open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import answers

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

GRACE_SECONDS = 0.05
"""A client that closed its connection is gone, but its server process may not have noticed yet."""

END_SECONDS = 5.0
POLL_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Session:
    """A connection with an open transaction: what it is ("idle in transaction"), who, and its last statement."""

    pid: int
    state: str
    application: str
    query: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A position of the write-ahead log after which everything that was not over then has begun."""

    position: bytes
    ended: tuple[Session, ...] = ()


# The position first: whatever begins after the sessions were looked at writes behind it.
_LOOK = """
SELECT pg_current_wal_insert_lsn();
SELECT pid, state, application_name, left(query, 200) FROM pg_stat_activity
WHERE datname = {} AND xact_start IS NOT NULL AND pid <> ALL({}::int[]) AND backend_type = 'client backend'
"""


def quiet_moment(connection: Connection, database: bytes, own: tuple[int, ...]) -> Moment:
    """Wait until no other session has an open transaction in the database; end those that do not come to an end.

    ``database`` is a literal; ``own`` are the processes of dryfit's own connections.
    """
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        position, sessions = _look(connection, database, own)
        if not sessions:
            return Moment(position)
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return Moment(_ended(connection, database, own, sessions), tuple(sessions))


def _look(connection: Connection, database: bytes, own: tuple[int, ...]) -> tuple[bytes, list[Session]]:
    pids = "'{" + ",".join(map(str, own)) + "}'"
    position, sessions = answers(connection, _LOOK.format(database.decode(), pids).encode())
    return position[0][0] or b"", [Session(int(row[0] or 0), *map(_text, row[1:4])) for row in sessions]


def _ended(connection: Connection, database: bytes, own: tuple[int, ...], sessions: list[Session]) -> bytes:
    deadline = time.monotonic() + END_SECONDS
    while True:
        for session in sessions:
            connection.execute("SELECT pg_terminate_backend(%s)", [session.pid])
        position, sessions = _look(connection, database, own)
        if not sessions or time.monotonic() > deadline:
            return position
        time.sleep(POLL_SECONDS)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
