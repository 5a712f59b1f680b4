"""Transactions that the program under test left open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row, answers

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
    since: str
    state: str
    application: str
    query: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A position of the write-ahead log such that every transaction that wrote before it is over."""

    position: bytes
    ended: tuple[Session, ...] = ()


# The position first: whatever begins after the sessions were looked at writes behind it. The function is what the view
# pg_stat_activity reads; the view's joins take five times as long as all else.
_LOOK = """SELECT pg_current_wal_insert_lsn();
SELECT pid, xact_start, state, application_name, left(query, 200) FROM pg_stat_get_activity(NULL)
WHERE datid = (SELECT oid FROM pg_database WHERE datname = {})
AND {} IS NOT NULL AND pid <> {} AND backend_type = 'client backend'
"""
_OPEN = "xact_start"
_WRITES = "backend_xid"


def quiet_moment(connection: Connection, database: bytes, own: int) -> Moment:
    """Wait for the transactions that are open in a database now; end those that do not come to an end.

    ``database`` is a literal; ``own`` is the process of dryfit's own connection to it.
    """
    position, open_now = _look(connection, database, own)
    left = _left(connection, database, own, open_now, GRACE_SECONDS)
    if left:
        for session in left:
            connection.execute("SELECT pg_terminate_backend(%s)", [session.pid])
        _left(connection, database, own, left, END_SECONDS)
    return Moment(position, tuple(left))


def writing_moment(connection: Connection, database: bytes, own: int) -> tuple[Moment, tuple[Session, ...]]:
    """As ``quiet_moment``, but only transactions that have written or locked rows are waited for; none is ended.

    What did not come to an end is told: then others may still write before the position.
    """
    position, open_now = _look(connection, database, own, _WRITES)
    left = _left(connection, database, own, open_now, GRACE_SECONDS, _WRITES)
    return Moment(position), tuple(left)


def _left(
    connection: Connection,
    database: bytes,
    own: int,
    sessions: list[Session],
    seconds: float,
    what: str = _OPEN,
) -> list[Session]:
    """Those whose transactions are still the same after at most so long."""
    deadline = time.monotonic() + seconds
    while sessions and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        begun = {(session.pid, session.since) for session in sessions}
        sessions = [
            found for found in _look(connection, database, own, what)[1] if (found.pid, found.since) in begun
        ]
    return sessions


def _look(
    connection: Connection, database: bytes, own: int, what: str = _OPEN
) -> tuple[bytes, list[Session]]:
    position, sessions = answers(connection, _LOOK.format(database.decode(), what, own).encode())
    return position[0][0] or b"", [_session(row) for row in sessions]


def writers_question(database: bytes, own: int) -> str:
    """What asks, together with another question, for what ``writing_moment`` looks at first."""
    return _LOOK.format(database.decode(), _WRITES, own)


def writers_answer(position: list[Row], sessions: list[Row]) -> tuple[Moment, tuple[Session, ...]]:
    """The first two answers to it: nobody was waited for."""
    return Moment(position[0][0] or b""), tuple(_session(row) for row in sessions)


def _session(row: Row) -> Session:
    return Session(int(row[0] or 0), *map(_text, row[1:]))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
