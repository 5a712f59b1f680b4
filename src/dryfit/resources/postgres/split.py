"""Stops a statement half-way: after PostgreSQL has decided what it sees, and before it writes any row.

A statement that reads and writes (``INSERT … SELECT … WHERE NOT EXISTS``, ``max() + 1``) is not atomic: what others
commit between the two goes unseen. A trigger on every table, before each statement that writes, takes and gives back
an advisory lock that bears the number of its own process. A process whose lock is held by us waits for it there, as
``pg_blocking_pids`` tells; all others pass.

What a controller of workers has to do:

1. ``install`` before the first interleaving, after ``Rewind.take``; ``remove`` after the last one.
2. ``arm`` the worker's backend before its call is made, as its next step.
3. Where it stops there, ``blockers`` says that it waits for a process which is no worker's: ours.
4. When the others are over, ``let_go`` of it; then its call comes back, or waits for another worker's lock.
5. Where the call comes back without having stopped (it wrote nothing), ``let_go`` as well.

One call stops once, at the first statement that writes to a table, inside of functions and cascades, too.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.model.interleaving import Backend
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres.connect import answers, driver

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

SCHEMA = "dryfit_split"
"""The schema of the trigger's function, and the trigger's name."""

_SPACE = 0x64667331
"""The first half of the locks' numbers: "dfs1" in ASCII."""

# A program's lock_timeout is for its own locks. The names are PostgreSQL's own, whatever the search path. Whoever is
# cancelled when he has just got the lock gives it back: it is the session's, and would outlive the transaction.
_FUNCTION = f"""
CREATE SCHEMA {SCHEMA};
CREATE FUNCTION {SCHEMA}.stop() RETURNS trigger LANGUAGE plpgsql
SET lock_timeout = 0 SET client_min_messages = error AS $stop$
BEGIN
    PERFORM pg_catalog.pg_advisory_lock_shared({_SPACE}, pg_catalog.pg_backend_pid());
    PERFORM pg_catalog.pg_advisory_unlock_shared({_SPACE}, pg_catalog.pg_backend_pid());
    RETURN NULL;
EXCEPTION WHEN query_canceled THEN
    PERFORM pg_catalog.pg_advisory_unlock_shared({_SPACE}, pg_catalog.pg_backend_pid());
    RAISE;
END $stop$;
"""
# Triggers of a statement belong to the table that it names, a partitioned one too. In order of their oids, so that two
# who did this at once would not wait for each other.
_TRIGGERS = f"""
DO $install$
DECLARE place regclass;
BEGIN
    FOR place IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
          AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_')
          AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.deptype = 'e') ORDER BY c.oid
    LOOP EXECUTE format('CREATE TRIGGER {SCHEMA} BEFORE INSERT OR UPDATE OR DELETE ON %s'
                        ' FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.stop()', place);
    END LOOP;
END $install$;
"""
_REMOVE = f"SET LOCAL client_min_messages = warning; DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;"


class Split:
    """The stops in one database of dryfit's own, and the connection that holds the locks."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._connection, self._token = connection, token
        self._lock = allocate_lock()  # one worker's call may come back while another one's begins

    def install(self) -> str:
        """Put the triggers on all tables; why that cannot be, or ""."""
        return self._change(_FUNCTION + _TRIGGERS)

    def remove(self) -> str:
        """Let go of everybody and take the triggers away; why that cannot be, or ""."""
        answers(self._connection, b"SELECT pg_advisory_unlock_all()")
        return self._change(_REMOVE)

    def arm(self, backend: Backend) -> None:
        """Stop the next statement of a backend that writes."""
        self._ask("pg_try_advisory_lock", backend)

    def let_go(self, backend: Backend) -> None:
        """Let it go on, or not stop at all; one that is not armed goes on as it is."""
        self._ask("pg_advisory_unlock", backend)

    def close(self) -> None:
        """Close our connection, which lets go of everybody."""
        self._connection.close()

    def _ask(self, function: str, backend: Backend) -> None:
        with self._lock:
            answers(self._connection, f"SELECT {function}({_SPACE}, {backend.number})".encode())

    def _change(self, script: str) -> str:
        try:
            mark.prove(self._connection, self._token)
            answers(self._connection, f"BEGIN; {script} COMMIT".encode())
        except (driver().Error, ResourceError) as error:
            self._connection.rollback()
            return f"statements cannot be stopped half-way: {' '.join(str(error).split())}"
        return ""
