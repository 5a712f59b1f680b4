"""Who waits for whom inside of PostgreSQL, as the server's own lock manager says: never by elapsed time.

``pg_blocking_pids`` knows every lock that a process can wait for: rows and the transactions that wrote them (foreign
keys, unique indexes, ``FOR UPDATE``), relations, advisory locks, wherever in a function they are taken, and those of a
statement's parallel workers, which it counts as the process that has started them. It tells those who stand before a
process in the queue as well as those who hold the lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from dryfit.model.errors import ResourceError
from dryfit.model.interleaving import Backend
from dryfit.resources.postgres.inquiry import Answer, Inquiry
from dryfit.resources.postgres.peers import Peer, peer_of

# What a SERIALIZABLE READ ONLY DEFERRABLE transaction waits for at its beginning is no lock to pg_blocking_pids.
_PREPARED = """PREPARE dryfit_waits (int4[]) AS
SELECT pid, array_to_string(pg_blocking_pids(pid) || pg_safe_snapshot_blocking_pids(pid), ' ') FROM unnest($1) pid;
PREPARE dryfit_held (int4) AS
SELECT a.datid, a.state, a.state_change, a.backend_xid IS NOT NULL, a.backend_xmin IS NOT NULL,
  CASE WHEN octet_length(a.query) < pg_size_bytes(current_setting('track_activity_query_size')) - 1 THEN a.query END,
  l.transaction, l.locks
FROM pg_stat_get_activity($1) a, (
  SELECT max(virtualtransaction) FILTER (WHERE locktype = 'virtualxid') AS transaction,
    string_agg(concat_ws(' ', locktype, mode, relation), ',')
      FILTER (WHERE locktype NOT IN ('virtualxid', 'transactionid')) AS locks
  FROM pg_lock_status() WHERE pid = $1) l
"""
HELD = "dryfit_held"
"""What a process is at, and what it holds.

The database; the state, and since when; whether its transaction has a number of its own, and whether it keeps a
snapshot; its last text where that is known in full; the transaction; and the locks: of each its type, mode, relation.
"""
# The time of its start tells whether two addresses lead to one server. Behind a pooler that gives each statement
# another process, the one that the driver was told of is none of the server's.
_IDENTITY = "SELECT pg_postmaster_start_time(), (SELECT count(*) FROM pg_stat_get_activity({}))"


class PostgresBackends:
    """``Backends`` of PostgreSQL servers, for connections of psycopg 3, psycopg2 and asyncpg, in pools or not.

    Each server is asked on one connection of our own, which is opened when a connection to it is met first.
    """

    def __init__(self) -> None:
        self._servers: dict[str, str] = {}
        self._started: dict[str, str] = {}
        self._inquiries: dict[tuple[str, str], Inquiry] = {}
        self._users: dict[Backend, str] = {}

    def backend(self, connection: object) -> Backend | None:
        """Who serves a connection; nobody is asked, but for each server once whether it answers at all."""
        peer = peer_of(connection)
        if peer is None:
            return None
        server = self._servers.get(peer.address)
        if server is None:
            server = self._servers[peer.address] = self._met(peer)
        if not server:
            return None
        if (server, peer.user) not in self._inquiries:
            self._inquiries[server, peer.user] = Inquiry(peer.parameters(), _PREPARED)
        backend = Backend(server, peer.process)
        self._users[backend] = peer.user
        return backend

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        """Those that wait now, with those that they wait for in the order of their numbers; one round trip a server.

        The number 0 stands for a transaction that was prepared for a two-phase commit, and has no process any more.
        Raises ``ResourceError`` where a server does not answer any more.
        """
        servers = dict.fromkeys(backend.server for backend in backends)
        return {
            waiting: holding
            for server in servers
            for waiting, holding in self._waiting([each for each in backends if each.server == server])
        }

    def cancel(self, backend: Backend) -> None:
        """End its statement, as the user whose connection it serves; one whose server is gone has ended."""
        with suppress(ResourceError):
            self.ask(backend, f"SELECT pg_cancel_backend({backend.number})")

    def has_written(self, connection: object) -> bool:
        """Whether the transaction of a connection has written or has locked rows; true where nobody can say.

        Either gives it a number of its own. Raises ``ResourceError`` as ``blockers`` does.
        """
        backend = self.backend(connection)
        if backend is None:
            return True
        return self.ask(backend, f"SELECT backend_xid FROM pg_stat_get_activity({backend.number})") != [("",)]

    def ask(self, backend: Backend, statement: str) -> Answer:
        """Ask the server of a process, as the user whose connection it serves. Raises ``ResourceError``."""
        return self._inquiries[backend.server, self._users[backend]].ask(statement)

    def visit(self, connection: object) -> Inquiry:
        """A connection of our own to the very database of the given one, to be closed at once."""
        peer = peer_of(connection)
        if peer is None:
            raise ResourceError("the connection is closed", slug="resources")
        return Inquiry(peer.parameters(), is_visit=True)

    def lost(self) -> str:
        """Which server has ended its connections since this was asked last, as one does that restarts; "" for none."""
        lost = [server for (server, _), inquiry in self._inquiries.items() if inquiry.was_lost()]
        return f"PostgreSQL at {lost[0]} ended its connections: it restarted, say" if lost else ""

    def close(self) -> None:
        """Close our own connections."""
        for inquiry in self._inquiries.values():
            inquiry.close()

    def _met(self, peer: Peer) -> str:
        """The address under which the server is known; "" where it cannot be asked."""
        inquiry = Inquiry(peer.parameters(), _PREPARED)
        try:
            ((start, known),) = inquiry.ask(_IDENTITY.format(peer.process))
        except ResourceError:
            return ""
        if known == "0":
            inquiry.close()
            return ""
        server = self._started.setdefault(start, peer.address)
        self._inquiries.setdefault((server, peer.user), inquiry)
        return server

    def _waiting(self, backends: Sequence[Backend]) -> Iterator[tuple[Backend, tuple[Backend, ...]]]:
        server = backends[0].server
        inquiry = next(each for (of, _), each in self._inquiries.items() if of == server)
        numbers = ",".join(str(each.number) for each in backends)
        for waiting, holding in inquiry.ask(f"EXECUTE dryfit_waits ('{{{numbers}}}')"):
            if holding:
                found = sorted(set(map(int, holding.split())))
                yield Backend(server, int(waiting)), tuple(Backend(server, number) for number in found)
