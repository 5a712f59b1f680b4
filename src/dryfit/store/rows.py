"""Puts model values into the tables; every function runs within a transaction of its caller."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from sqlite3 import Connection

from dryfit.model.trace import Behaviour, Observations, Trace
from dryfit.store import schema
from dryfit.store.merge import EXCHANGE, INCIDENT, fuller_trace
from dryfit.store.reader import read_trace


def put(
    connection: Connection,
    observations: Observations,
    behaviours: Iterable[Behaviour],
    known: Collection[str] = (),
) -> None:
    """Add observations; ``behaviours`` stand for those among them, joined with what was known before.

    ``known`` are keys of behaviours that are in the file already.
    """
    connection.executemany(
        "INSERT INTO behaviour(key, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        [(behaviour.key, schema.BEHAVIOUR.dumps(behaviour)) for behaviour in behaviours],
    )
    for trace in observations.traces:
        _put_trace(connection, trace, known)
    connection.executemany("INSERT OR IGNORE INTO note VALUES (?, ?)", _notes(observations))


def put_documents(connection: Connection, documents: Mapping[str, str]) -> None:
    """Put each document in the place of the one that has its name."""
    connection.executemany("INSERT OR REPLACE INTO document VALUES (?, ?)", documents.items())


def put_test(connection: Connection, test: str) -> int:
    """Make sure that there is a row for ``test``, cut off until more is known; gives its number."""
    name = schema.TEXT.dumps(test)
    connection.execute("INSERT OR IGNORE INTO test(name, outcome, seconds) VALUES (?, 'cut off', 0)", (name,))
    (number,) = connection.execute("SELECT id FROM test WHERE name = ?", (name,)).fetchone()
    return int(number)


def _put_trace(connection: Connection, trace: Trace, known: Collection[str]) -> None:
    number = put_test(connection, trace.test)
    if _is_told(connection, number):
        if fuller_trace(read_trace(connection, number), trace) is not trace:
            return
        connection.execute("DELETE FROM crossing WHERE test = ?", (number,))
    connection.execute(
        "UPDATE test SET outcome = ?, seconds = ? WHERE id = ?", (trace.outcome, trace.seconds, number)
    )
    new = {key for crossing in trace.crossings if (key := crossing.behaviour) not in known}
    connection.executemany("INSERT OR IGNORE INTO behaviour(key) VALUES (?)", [(key,) for key in new])
    connection.executemany(
        "INSERT INTO crossing VALUES (?, ?, ?, (SELECT id FROM behaviour WHERE key = ?), ?, ?)",
        [(number, c.index, c.parent, c.behaviour, c.count, c.seconds) for c in trace.crossings],
    )


def _is_told(connection: Connection, number: int) -> bool:
    """Whether more is known of a test than that it was begun."""
    outcome, seconds, crosses = connection.execute(
        "SELECT outcome, seconds, EXISTS (SELECT 1 FROM crossing WHERE crossing.test = test.id) FROM test WHERE id = ?",
        (number,),
    ).fetchone()
    return bool(crosses or seconds) or outcome != "cut off"


def _notes(observations: Observations) -> list[tuple[str, str]]:
    return [
        *(("incident", INCIDENT.dumps(incident)) for incident in observations.incidents),
        *(("skipped", schema.SKIPPED.dumps(skipped)) for skipped in observations.skipped),
        *(("warning", schema.TEXT.dumps(warning)) for warning in observations.warnings),
        *(("exchange", EXCHANGE.dumps(exchange)) for exchange in observations.exchanges),
    ]
