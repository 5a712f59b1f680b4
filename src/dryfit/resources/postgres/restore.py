"""Writes back what belongs in a database, in one transaction, with triggers and foreign keys held off if possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dryfit.resources.postgres import mark
from dryfit.resources.postgres.connect import Row, answers, driver, literal
from dryfit.resources.postgres.snapshot import Changes, Difference, Kept, Snapshot

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

HOLD_OFF = b"SET LOCAL session_replication_role = replica"
"""Triggers, foreign keys and rules do not act on what this transaction writes."""

PUT_OFF = b"SET CONSTRAINTS ALL DEFERRED"
"""The next best for those who may not do that."""


MOST_ROUNDS = 3
"""How often rows are written back where triggers act on it."""


def can_hold_off(connection: Connection) -> bool:
    """Whether the connection's user may hold off triggers and foreign keys."""
    try:
        with connection.transaction():
            connection.execute(HOLD_OFF)
    except driver().errors.InsufficientPrivilege:
        return False
    return True


def write_back(
    connection: Connection,
    snapshot: Snapshot,
    changes: Changes,
    token: str,
    again: Callable[[], Changes] | None = None,
) -> int:
    """As ``restore``, in a database that is proved to bear the mark with that token, else ``ResourceError``.

    ``again`` compares everything once more, for those who cannot hold triggers off; whatever these wrote is undone.
    """
    mark.judge(changes.proof, token)
    own = restore(connection, snapshot, changes, holding_off=again is None)
    rounds = 0
    while again is not None and (changes := again()):
        rounds += 1
        mark.judge(changes.proof, token)
        if rounds > MOST_ROUNDS:
            raise driver().DataError("triggers or cascades write again and again")
        own = restore(connection, snapshot, changes, holding_off=False)
    return own


def restore(connection: Connection, snapshot: Snapshot, changes: Changes, *, holding_off: bool = True) -> int:
    """Undo changes, and note where the rows stand afterwards; returns the transaction's number. One round trip.

    The changes' tables come parents first. Without ``holding_off``, triggers and cascades may have written elsewhere
    meanwhile. Raises psycopg's error, with nothing changed, where the database does not take the rows as they were.
    """
    script = list(_script(changes, HOLD_OFF if holding_off else PUT_OFF))
    try:
        found = answers(connection, b";".join(script))
    except BaseException:
        connection.rollback()
        raise
    inserts = [difference for difference in changes.tables if difference.missing]
    results = iter(found[2 + sum(bool(difference.added) for difference in changes.tables) :])
    number = found[-2][0][0] or b"0"
    for difference in inserts:
        _remember(snapshot.tables[difference.table.oid], difference, next(results), number)
    return int(number)


def _script(changes: Changes, first: bytes) -> Iterator[bytes]:
    yield b"BEGIN"
    yield first
    # All unwanted rows first, then nothing is in the way of those that belong here.
    yield from (_delete(difference) for difference in reversed(changes.tables) if difference.added)
    yield from (_insert(difference) for difference in changes.tables if difference.missing)
    for sequence, (value, is_called, _) in changes.sequences:
        yield b"SELECT setval(%b, %b, %b)" % (literal(sequence.name.encode()), value, literal(is_called))
    yield b"SELECT pg_current_xact_id()::xid"
    yield b"COMMIT"


def _delete(difference: Difference) -> bytes:
    places = literal(b"{" + b",".join(b'"%b"' % place for place in difference.added) + b"}")
    return b"DELETE FROM ONLY %b WHERE ctid = ANY(%b::tid[])" % (difference.table.name.encode(), places)


def _insert(difference: Difference) -> bytes:
    rows = b", ".join(_values(row) for row in difference.missing.values())
    return b"INSERT INTO %b (%b) OVERRIDING SYSTEM VALUE VALUES %b RETURNING ctid" % (
        difference.table.name.encode(),
        ", ".join(difference.table.columns).encode(),
        rows,
    )


def _values(row: Row) -> bytes:
    return b"(" + b", ".join(map(literal, row)) + b")"


def _remember(kept: Kept, difference: Difference, places: list[Row], writer: bytes) -> None:
    for gone in difference.missing:
        del kept.rows[gone]
    for place, values in zip(places, difference.missing.values(), strict=True):
        kept.rows[place[0] or b""] = (writer, values)
