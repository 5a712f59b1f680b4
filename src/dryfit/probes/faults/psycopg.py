"""Faults of psycopg's connections, synchronous and not: what is done here is done on libpq's connection below both."""

from __future__ import annotations

import sys
from asyncio import CancelledError
from dataclasses import replace
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults import postgres
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.sockets import cut

IDLE, ACTIVE, IN_TRANSACTION, IN_ERROR, UNKNOWN = range(5)
"""libpq's transaction states."""


def is_usable(connection: Any) -> bool:
    """Whether a fault can come to it: it is connected, and no pipeline is underway."""
    pgconn = connection.pgconn
    return bool(pgconn.transaction_status in (IDLE, IN_TRANSACTION) and not pgconn.pipeline_status)


def in_transaction(connection: Any) -> bool:
    """Whether a transaction has begun."""
    return bool(connection.pgconn.transaction_status == IN_TRANSACTION)


def commits_alone(connection: Any) -> bool:
    """Whether a statement is a transaction of its own."""
    return bool(connection.autocommit) and not in_transaction(connection)


def cut_before(occasion: Occasion, fault: Fault) -> None:
    """The wire is cut; the call finds out."""
    cut(occasion.holder.pgconn.socket)


def cut_after(occasion: Occasion, fault: Fault) -> BaseException:
    """The wire is cut, and libpq finds out."""
    pgconn = occasion.holder.pgconn
    cut(pgconn.socket)
    try:
        while True:  # what the server sent earlier is read first
            pgconn.consume_input()
            if pgconn.status != 0:
                raise NotMadeError("libpq did not say that the connection is lost")
    except sys.modules["psycopg"].OperationalError as error:
        lost: BaseException = error
        return lost


def cancel(occasion: Occasion, fault: Fault) -> BaseException:
    """Whoever awaits the statement is cancelled: the driver has the server break it off."""
    refuse(occasion, replace(fault, name="query-canceled"))
    return CancelledError()


def refuse(occasion: Occasion, fault: Fault) -> BaseException | None:
    """The server refuses the statement."""
    connection = occasion.holder
    pgconn = connection.pgconn
    if pgconn.transaction_status == IDLE and not connection.autocommit:
        pgconn.exec_(connection._get_tx_start_command())
    result = _failed(pgconn, postgres.refusal(fault.name, fault.text, occasion.statement))
    if result is None:
        raise postgres.not_refused(fault.name)
    error: BaseException = sys.modules["psycopg.errors"].error_from_result(result, connection.info.encoding)
    error.args = (postgres.without_context(str(error)),)
    return postgres.refused(occasion, error)


def _failed(pgconn: Any, statement: str) -> Any:
    """The first result that is an error of the server's; a session that is ended has one more, of the connection."""
    state = sys.modules["psycopg"].pq.DiagnosticField.SQLSTATE
    pgconn.send_query(statement.encode())
    results = list(iter(pgconn.get_result, None))
    return next((result for result in results if result.error_field(state)), None)
