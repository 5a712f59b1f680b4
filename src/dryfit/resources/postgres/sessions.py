"""Transactions that the program under test left open."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row, literal, plan, planned

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
  WHERE position IS NOT NULL AND datid = (SELECT oid FROM pg_database WHERE datname = {database})
  AND {what} IS NOT NULL AND pid <> {own} AND backend_type = 'client backend') AS sessions ON true
"""
_OPEN = "xact_start"
_WRITES = "backend_xid"


class Onlooker:
    """Looks at a database's sessions over a connection to another one, by statements that the server plans only once.

    ``own`` is always the process of dryfit's own connection to the database.
    """

    def __init__(self, connection: Connection, database: str) -> None:
        self._connection = connection
        self._database = database
        self._planned: set[str] = set()

    def quiet_moment(self, own: int) -> Moment:
        """Wait for the transactions that are open in the database now; end those that do not come to an end."""
        position, open_now = self._look(own, _OPEN)
        left = self._left(own, open_now, GRACE_SECONDS, _OPEN)
        if left:
            for session in left:
                self._connection.execute("SELECT pg_terminate_backend(%s)", [session.pid])
            self._left(own, left, END_SECONDS, _OPEN)
        return Moment(position, tuple(left))

    def writing_moment(self, own: int) -> tuple[Moment, tuple[Session, ...]]:
        """As ``quiet_moment``, but only transactions that have written or locked rows are waited for; none is ended.

        What did not come to an end is told: then others may still write before the position.
        """
        position, open_now = self._look(own, _WRITES)
        left = self._left(own, open_now, GRACE_SECONDS, _WRITES)
        return Moment(position), tuple(left)

    def writers_question(self, own: int) -> str:
        """What asks, together with another question, for what ``writing_moment`` looks at first."""
        return _LOOK.format(database=literal(self._database.encode()).decode(), what=_WRITES, own=own)

    def _left(self, own: int, sessions: list[Session], seconds: float, what: str) -> list[Session]:
        """Those whose transactions are still the same after at most so long."""
        deadline = time.monotonic() + seconds
        while sessions and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            begun = {(session.pid, session.since) for session in sessions}
            sessions = [found for found in self._look(own, what)[1] if (found.pid, found.since) in begun]
        return sessions

    def _look(self, own: int, what: str) -> tuple[bytes, list[Session]]:
        if what not in self._planned:
            plan(self._connection, what, _LOOK.format(database="$1", what=what, own="$2"))
            self._planned.add(what)
        return _found(planned(self._connection, what, self._database, str(own)))


def writers_answer(rows: list[Row]) -> tuple[Moment, tuple[Session, ...]]:
    """The answer to ``writers_question``: nobody was waited for."""
    position, sessions = _found(rows)
    return Moment(position), tuple(sessions)


def _found(rows: list[Row]) -> tuple[bytes, list[Session]]:
    return rows[0][0] or b"", [_session(row[1:]) for row in rows if row[1] is not None]


def _session(row: Row) -> Session:
    return Session(int(row[0] or 0), *map(_text, row[1:]))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
