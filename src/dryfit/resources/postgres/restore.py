"""Writes back what belongs in a database, in one transaction, with triggers and foreign keys held off if possible."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres.catalogue import Sequence, Table
from dryfit.resources.postgres.connect import Row, driver, literal
from dryfit.resources.postgres.planned import Ask, ask
from dryfit.resources.postgres.snapshot import Changes, Difference, Kept, Snapshot, State

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

_HOLD_OFF = "SET session_replication_role = replica"

_PUT_OFF = Ask(b"SET CONSTRAINTS ALL DEFERRED")
"""The next best for those who may not do that."""

MOST_ROUNDS = 3
"""How often rows are written back where triggers act on it."""


def hold_off(connection: Connection) -> bool:
    """Have no triggers, foreign keys and rules act on what the connection writes, if its user may do that.

    For good: to change it for a transaction would have the server plan everything anew.
    """
    try:
        connection.execute(_HOLD_OFF)
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
    unwanted = [difference for difference in reversed(changes.tables) if difference.added]
    inserts = [
        (difference, _inserts(difference) if holding_off else [_insert(difference)])
        for difference in changes.tables
        if difference.missing
    ]
    before = [Ask(b"BEGIN"), *([] if holding_off else [_PUT_OFF]), Ask(b"SELECT pg_current_xact_id()::xid")]
    # All unwanted rows first, then nothing is in the way of those that belong here.
    before += [_delete(difference) for difference in unwanted]
    set_anew = (_set(sequence, state) for sequence, state in changes.sequences)
    after = [*chain.from_iterable(set_anew), Ask(b"COMMIT")]
    try:
        found = ask(connection, *before, *chain.from_iterable(asks for _, asks in inserts), *after)
    except BaseException:
        connection.rollback()
        raise
    results = iter(found[len(before) :])
    number = found[len(before) - len(unwanted) - 1][0][0] or b"0"
    for difference, asks in inserts:
        places = [row for _ in asks for row in next(results)]
        _remember(snapshot.tables[difference.table.oid], difference, places, number)
    return int(number)


def _delete(difference: Difference) -> Ask:
    places = b"{" + b",".join(b'"%b"' % place for place in difference.added) + b"}"
    return Ask(b"DELETE FROM ONLY %b WHERE ctid = ANY($1::tid[])" % difference.table.name.encode(), (places,))


def _inserts(difference: Difference) -> list[Ask]:
    """One for each row, which the server plans once for all of them."""
    columns = range(1, len(difference.table.columns) + 1)
    statement = _insertion(difference.table, b"(%b)" % b", ".join(b"$%d" % number for number in columns))
    return [Ask(statement, row) for row in difference.missing.values()]


def _insert(difference: Difference) -> Ask:
    """All of them at once, as rows ask for each other that refer to each other."""
    rows = (b"(%b)" % b", ".join(map(literal, row)) for row in difference.missing.values())
    return Ask(_insertion(difference.table, b", ".join(rows)), again=False)


def _insertion(table: Table, values: bytes) -> bytes:
    columns = ", ".join(table.columns).encode()
    return b"INSERT INTO %b (%b) OVERRIDING SYSTEM VALUE VALUES %b RETURNING ctid" % (
        table.name.encode(),
        columns,
        values,
    )


def _set(sequence: Sequence, state: State) -> list[Ask]:
    value, is_called, _ = state
    setval = Ask(
        b"SELECT setval($1::regclass, $2::bigint, $3::boolean)", (sequence.name.encode(), value, is_called)
    )
    return [_restart(sequence), setval] if sequence.is_cached else [setval]


def _restart(sequence: Sequence) -> Ask:
    """Stores the sequence in a new file, by which sessions know that the numbers in their caches are void."""
    return Ask(b"ALTER SEQUENCE %b RESTART" % sequence.name.encode())


def _remember(kept: Kept, difference: Difference, places: list[Row], writer: bytes) -> None:
    for gone in difference.missing:
        del kept.rows[gone]
    for place, values in zip(places, difference.missing.values(), strict=True):
        kept.rows[place[0] or b""] = (writer, values)
