"""Reads from the write-ahead log which tables and sequences of one database were written to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dryfit.resources.postgres.connect import Row, answers, driver

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
SELECT DISTINCT relfilenode FROM pg_get_wal_block_info({start}, {end}, false)
WHERE reldatabase = {database} AND relforknumber = 0 AND record_type NOT IN {idle}{and_not_own}
"""
# Before PostgreSQL 16 a record's relations stand only in a text.
_RECORDS = """
SELECT DISTINCT found[1] FROM (
  SELECT regexp_matches(block_ref, 'rel \\d+/{database}/(\\d+) fork main', 'g') AS found
  FROM pg_get_wal_records_info({start}, {end})
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
    if is_far(start, end):
        raise UnreadableError
    try:
        *_, reached, files = answers(connection, question(connection, database, start, own).encode())
    except driver().errors.DatabaseError as error:
        raise UnreadableError from error
    return Written(numbers(files), reached[0][0] or b"")


def question(connection: Connection, database: int, start: bytes, own: int) -> str:
    """What asks for the files since ``start``, as ``written_files`` does, up to ``FARTHEST``.

    The last two of its answers are the position that was reached, and the files.
    """
    version = connection.info.server_version // 10000
    query = (_BLOCKS if version >= 16 else _RECORDS).format(
        start=f"'{start.decode()}'",
        end=f"LEAST(pg_current_wal_flush_lsn(), '{start.decode()}'::pg_lsn + {FARTHEST})",
        database=database,
        idle=_IDLE,
        and_not_own=f" AND xid <> '{own}'::xid" if own else "",
    )
    flush = next((text for since, text in _FLUSH.items() if version >= since), _FLUSH_OLD)
    return f"{flush}; SELECT pg_current_wal_flush_lsn(); {query}"


def numbers(files: Iterable[Row]) -> frozenset[int]:
    """The files that were answered."""
    return frozenset(int(row[0] or 0) for row in files)


def is_far(start: bytes, end: bytes) -> bool:
    """Whether more than ``FARTHEST`` lies between two positions."""
    return _position(end) - _position(start) > FARTHEST


def _position(text: bytes) -> int:
    high, _, low = text.partition(b"/")
    return int(high, 16) << 32 | int(low, 16)
