"""Asks several statements in one round trip, each of which the server plans only once for a connection.

What cleans asks the same few things after each test; to parse and plan them takes several times as long as to run them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from dryfit.resources.postgres.connect import Row, driver, rows_of

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from dryfit.resources.postgres.connect import Connection

_PIPELINES_SINCE = 140000
"""An older libpq asks one thing after the other."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement, with ``$1`` and so on for its values, and these as PostgreSQL writes them.

    ``again`` says that it is worth being planned for the next time.
    """

    statement: bytes
    values: tuple[bytes | None, ...] = ()
    again: bool = True


_plans: WeakKeyDictionary[Connection, dict[bytes, bytes]] = WeakKeyDictionary()
"""The names of what the server has planned, by connection and statement."""

_numbers = count(1)


def ask(connection: Connection, *asks: Ask) -> list[list[Row]]:
    """The rows of each, values as PostgreSQL writes them; raises psycopg's error of the first that fails."""
    psycopg = driver()
    plans = _plans.setdefault(connection, {})
    new = {
        each.statement: b"dryfit_%d" % next(_numbers)
        for each in asks
        if each.again and each.statement not in plans
    }
    plans.update(new)
    answers = _in_turn if psycopg.pq.version() < _PIPELINES_SINCE else _at_once
    try:
        results = list(answers(connection.pgconn, new, asks, plans))
    except psycopg.errors.Error as error:  # libpq's own, as when the server has ended the connection
        raise psycopg.OperationalError(str(error)) from error
    for result in results:
        if result.error_message:
            for statement in new:
                del plans[statement]
            raise _error(result)
    return [rows_of(result) for result in results[len(new) :]]


def _at_once(
    wire: PGconn, new: Mapping[bytes, bytes], asks: Sequence[Ask], plans: Mapping[bytes, bytes]
) -> Iterator[PGresult]:
    wire.enter_pipeline_mode()
    for statement, name in new.items():
        wire.send_prepare(name, statement)
    for each in asks:
        _send(wire, each, plans)
    wire.pipeline_sync()
    for _ in range(len(new) + len(asks)):
        result = wire.get_result()
        if result is not None:
            yield result
            wire.get_result()  # says that there is no more of it
    while wire.get_result() is not None:  # nor of any
        pass
    wire.exit_pipeline_mode()


def _in_turn(
    wire: PGconn, new: Mapping[bytes, bytes], asks: Sequence[Ask], plans: Mapping[bytes, bytes]
) -> Iterator[PGresult]:
    for statement, name in new.items():
        yield wire.prepare(name, statement)
    for each in asks:
        _send(wire, each, plans)
        while (result := wire.get_result()) is not None:
            yield result


def _send(wire: PGconn, each: Ask, plans: Mapping[bytes, bytes]) -> None:
    if each.again:
        wire.send_query_prepared(plans[each.statement], each.values)
    else:
        wire.send_query_params(each.statement, each.values)


def _error(result: PGresult) -> Exception:
    psycopg = driver()
    # What the server says has a code; what libpq finds out about a server that is gone has none.
    is_lost = not result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
    error: Exception = (
        psycopg.OperationalError(result.get_error_message())
        if is_lost
        else psycopg.errors.error_from_result(result)
    )
    return error
