"""Reads from the write-ahead log which tables and sequences of one database were written to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row, driver
from dryfit.resources.postgres.planned import Ask, ask

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

FARTHEST = 1_000_000
"""Bytes of log beyond which looking through every table is faster than reading it (60 ms a megabyte and a half)."""

# Records that change no row: a reader's tidying up, row locks, the visibility map.
_IDLE = "('LOCK', 'LOCK_UPDATED', 'VISIBLE', 'VACUUM', 'FREEZE_PAGE', 'CLEAN', 'PRUNE', 'PRUNE_ON_ACCESS',"
_IDLE += " 'PRUNE_VACUUM_SCAN', 'PRUNE_VACUUM_CLEANUP', 'FPI_FOR_HINT')"

# The log can only be read as far as it has been flushed.
_FLUSH = {17: (b"SELECT pg_logical_emit_message(false, 'dryfit', '', true)",)}
_FLUSH_OLD = (b"BEGIN", b"SELECT pg_logical_emit_message(true, 'dryfit', '')", b"COMMIT")
_FLUSHED = b"SELECT pg_current_wal_flush_lsn()"

_SPAN = f"$1, LEAST(pg_current_wal_flush_lsn(), $1::pg_lsn + {FARTHEST})"
_BUT_OWN = f"record_type NOT IN {_IDLE} AND xid <> $3::xid"
_BLOCKS = f"""
SELECT DISTINCT relfilenode FROM pg_get_wal_block_info({_SPAN}, false)
WHERE reldatabase = $2::oid AND relforknumber = 0 AND {_BUT_OWN}
"""
# Before PostgreSQL 16 a record's relations stand only in a text.
_RECORDS = f"""
SELECT DISTINCT found[1] FROM (
  SELECT regexp_matches(block_ref, 'rel \\d+/' || $2 || '/(\\d+) fork main', 'g') AS found
  FROM pg_get_wal_records_info({_SPAN})
  WHERE {_BUT_OWN}) AS blocks
"""


_NOBODY = 1
"""The transaction of what belongs to the server from the beginning: it writes nothing any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a database that were written to, and the position up to which the log was read."""

    files: frozenset[int]
    end: bytes


class UnreadableError(Exception):
    """The log says nothing: too much of it, or no longer there."""


def is_readable(connection: Connection) -> bool:
    """Whether the connection's database has pg_walinspect and its user may use it; installs it where possible."""
    try:
        with connection.transaction():
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect SCHEMA pg_catalog")
            row = connection.execute(
                "SELECT has_function_privilege('pg_get_wal_records_info(pg_lsn, pg_lsn)', 'EXECUTE')"
            ).fetchone()
    except driver().Error:
        return False
    return row == (True,)


def written_files(connection: Connection, database: int, start: bytes, end: bytes, own: int = 0) -> Written:
    """The files of a database that were written to since ``start``, but for what transaction ``own`` wrote.

    Records that name no transaction count as well, as those of a sequence first used in a savepoint. ``end`` is about
    where the log ends now. Raises ``UnreadableError`` where it cannot be told.
    """
    if is_far(start, end):
        raise UnreadableError
    try:
        *_, reached, files = ask(connection, *question(connection, database, start, own))
    except driver().errors.DatabaseError as error:
        raise UnreadableError from error
    return written(reached, files)


def question(connection: Connection, database: int, start: bytes, own: int) -> tuple[Ask, ...]:
    """What asks for the files since ``start``, as ``written_files`` does, up to ``FARTHEST``.

    The last two of its answers are the position that was reached, and the files.
    """
    version = connection.info.server_version // 10000
    query = _BLOCKS if version >= 16 else _RECORDS
    flush = next((asks for since, asks in _FLUSH.items() if version >= since), _FLUSH_OLD)
    # No record is of transaction 0 but those that name none, which are always meant.
    but_own = b"%d" % (own or _NOBODY)
    return (*map(Ask, flush), Ask(_FLUSHED), Ask(query.encode(), (start, b"%d" % database, but_own)))


def written(reached: Sequence[Row], files: Iterable[Row]) -> Written:
    """What was answered."""
    return Written(frozenset(int(row[0] or 0) for row in files), reached[0][0] or b"")


def is_far(start: bytes, end: bytes) -> bool:
    """Whether more than ``FARTHEST`` lies between two positions."""
    return _position(end) - _position(start) > FARTHEST


def _position(text: bytes) -> int:
    high, _, low = text.partition(b"/")
    return int(high, 16) << 32 | int(low, 16)
