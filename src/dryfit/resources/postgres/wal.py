"""Reads from the write-ahead log which tables and sequences of one database were written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import answers, driver

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

FARTHEST = 1_000_000
"""Bytes of log beyond which looking through every table is faster than reading it (60 ms a megabyte and a half)."""

# Records that change no row: a reader's tidying up, row locks, the visibility map.
_IDLE = "('LOCK', 'LOCK_UPDATED', 'VISIBLE', 'VACUUM', 'FREEZE_PAGE', 'CLEAN', 'PRUNE', 'PRUNE_ON_ACCESS',"
_IDLE += " 'PRUNE_VACUUM_SCAN', 'PRUNE_VACUUM_CLEANUP', 'FPI_FOR_HINT')"

# The log can only be read as far as it has been flushed.
_FLUSH = {17: "SELECT pg_logical_emit_message(false, 'dryfit', '', true)"}
_FLUSH_OLD = "BEGIN; SELECT pg_logical_emit_message(true, 'dryfit', ''); COMMIT"

_BLOCKS = """
SELECT DISTINCT relfilenode FROM pg_get_wal_block_info({start}, pg_current_wal_flush_lsn(), false)
WHERE reldatabase = {database} AND relforknumber = 0 AND record_type NOT IN {idle}{and_not_own}
"""
# Before PostgreSQL 16 a record's relations stand only in a text.
_RECORDS = """
SELECT DISTINCT found[1] FROM (
  SELECT regexp_matches(block_ref, 'rel \\d+/{database}/(\\d+) fork main', 'g') AS found
  FROM pg_get_wal_records_info({start}, pg_current_wal_flush_lsn())
  WHERE record_type NOT IN {idle}{and_not_own}) AS blocks
"""


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

    Without ``own``, records that name no transaction count as well, as those of a sequence first used in a savepoint.
    ``end`` is about where the log ends now. Raises ``UnreadableError`` where it cannot be told.
    """
    if _position(end) - _position(start) > FARTHEST:
        raise UnreadableError
    version = connection.info.server_version // 10000
    query = (_BLOCKS if version >= 16 else _RECORDS).format(
        start=f"'{start.decode()}'",
        database=database,
        idle=_IDLE,
        and_not_own=f" AND xid <> '{own}'::xid" if own else "",
    )
    flush = next((text for since, text in _FLUSH.items() if version >= since), _FLUSH_OLD)
    try:
        script = f"{flush}; SELECT pg_current_wal_flush_lsn(); {query}"
        *_, reached, files = answers(connection, script.encode())
    except driver().errors.DatabaseError as error:
        raise UnreadableError from error
    return Written(frozenset(int(row[0] or 0) for row in files), reached[0][0] or b"")


def _position(text: bytes) -> int:
    high, _, low = text.partition(b"/")
    return int(high, 16) << 32 | int(low, 16)
