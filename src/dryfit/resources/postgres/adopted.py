"""An existing database that its owner has given to dryfit: emptied, and filled again whenever a test wrote to it."""

from __future__ import annotations

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint, Handle, Leftover
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import schema
from dryfit.resources.postgres.connect import answers, connect
from dryfit.resources.postgres.sources import Sources

# Whoever may create no database is no superuser as a rule, and cannot see what was written: only that something was.
_POSITION = b"SELECT pg_catalog.pg_current_wal_insert_lsn()"

_EMPTY = b"""
DO $dryfit$
DECLARE name text;
BEGIN
    FOR name IN SELECT nspname FROM pg_catalog.pg_namespace
        WHERE NOT pg_catalog.starts_with(nspname::text, 'pg_') AND nspname <> 'information_schema'
    LOOP EXECUTE pg_catalog.format('DROP SCHEMA %I CASCADE', name); END LOOP;
    PERFORM pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata;
    CREATE SCHEMA public;
END $dryfit$
"""
_END_OTHERS = b"""
SELECT pg_catalog.pg_terminate_backend(pid, 2000) FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
    AND state LIKE 'idle in transaction%'
"""


class AdoptedDatabase:
    """For one worker: two that empty the same database would harm each other."""

    def __init__(self, handle: Handle, endpoint: Endpoint, token: str, sources: Sources) -> None:
        self.handle = handle
        self._endpoint, self._token, self._sources = endpoint, token, sources
        self._data = connect(endpoint, handle.database)
        self._alone()
        self._fill()

    def clean(self) -> tuple[Leftover, ...]:
        """Fill it anew if anything was written on the server; what it was cannot be told."""
        if self._position() != self._filled:
            self._fill()
        return ()

    def close(self) -> None:
        """Leave it as it was filled: it is the user's to drop."""
        self.clean()
        self._data.close()

    def _alone(self) -> None:
        locked = self._data.execute("SELECT pg_try_advisory_lock(hashtext('dryfit adopted'))").fetchone()
        if locked != (True,):
            self._data.close()
            raise ResourceError(
                f"database {self.handle.database}: another worker has this adopted database; run the tests without"
                " -n, or let dryfit make databases of its own on the server",
                slug="production-guard",
            )

    def _fill(self) -> None:
        mark.prove(self._data, self._token)
        self._data.execute(_END_OTHERS)
        with self._data.transaction():
            mark.prove(self._data, self._token)
            self._data.execute(_EMPTY)
        schema.apply(self._sources, self._endpoint, self.handle.database)
        self._filled = self._position()

    def _position(self) -> object:
        ((position,),) = answers(self._data, _POSITION)[0]
        return position
