"""Transactions that the program under test left open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row
from dryfit.resources.postgres.planned import Ask, ask

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


# The position first: whatever begins after the sessions were looked at writes behind it. An outer join has no other
# order than this one. The function is what the view pg_stat_activity reads; the view's joins take five times as long as
# all else.
_LOOK = """
SELECT position, pid, xact_start, state, application_name, left(query, 200)
FROM (SELECT pg_current_wal_insert_lsn() AS position) AS log LEFT JOIN LATERAL (
  SELECT * FROM pg_stat_get_activity(NULL)
  WHERE position IS NOT NULL AND datid = (SELECT oid FROM pg_database WHERE datname = $1)
  AND {what} IS NOT NULL AND pid <> $2 AND backend_type = 'client backend') AS sessions ON true
"""
OPEN = "xact_start"
"""What a session has while a transaction is open."""

WRITES = "backend_xid"
"""What it has while one is open that has written, or locked rows."""


class Onlooker:
    """Looks at a database's sessions over a connection to another one.

    ``own`` is always the process of dryfit's own connection to the database.
    """

    def __init__(self, connection: Connection, database: str) -> None:
        self._connection = connection
        self._database = database

    def quiet_moment(self, own: int) -> Moment:
        """Wait for the transactions that are open in the database now; end those that do not come to an end."""
        position, open_now = self._look(own, OPEN)
        left = self._left(own, open_now, GRACE_SECONDS, OPEN)
        if left:
            for session in left:
                self._connection.execute("SELECT pg_terminate_backend(%s)", [session.pid])
            self._left(own, left, END_SECONDS, OPEN)
        return Moment(position, tuple(left))

    def writing_moment(self, own: int) -> tuple[Moment, tuple[Session, ...]]:
        """As ``quiet_moment``, but only transactions that have written or locked rows are waited for; none is ended.

        What did not come to an end is told: then others may still write before the position.
        """
        position, open_now = self._look(own, WRITES)
        left = self._left(own, open_now, GRACE_SECONDS, WRITES)
        return Moment(position), tuple(left)

    def question(self, own: int, what: str) -> Ask:
        """What asks, together with other questions, for what a moment looks at first."""
        return Ask(_LOOK.format(what=what).encode(), (self._database.encode(), b"%d" % own))

    def _left(self, own: int, sessions: list[Session], seconds: float, what: str) -> list[Session]:
        """Those whose transactions are still the same after at most so long."""
        deadline = time.monotonic() + seconds
        while sessions and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            begun = {(session.pid, session.since) for session in sessions}
            sessions = [found for found in self._look(own, what)[1] if (found.pid, found.since) in begun]
        return sessions

    def _look(self, own: int, what: str) -> tuple[bytes, list[Session]]:
        (rows,) = ask(self._connection, self.question(own, what))
        return _found(rows)


def answer(rows: list[Row]) -> tuple[Moment, tuple[Session, ...]]:
    """The answer to a ``question``: nobody was waited for."""
    position, sessions = _found(rows)
    return Moment(position), tuple(sessions)


def _found(rows: list[Row]) -> tuple[bytes, list[Session]]:
    return rows[0][0] or b"", [_session(row[1:]) for row in rows if row[1] is not None]


def _session(row: Row) -> Session:
    return Session(int(row[0] or 0), *map(_text, row[1:]))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
