"""Faults of psycopg2's connections."""

from __future__ import annotations

import sys
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults import postgres
from dryfit.probes.faults.occasion import Occasion
from dryfit.probes.faults.psycopg import IDLE, IN_TRANSACTION
from dryfit.probes.faults.sockets import cut


def is_usable(connection: Any) -> bool:
    """Whether a fault can come to it."""
    return connection.closed == 0 and connection.info.transaction_status in (IDLE, IN_TRANSACTION)


def in_transaction(connection: Any) -> bool:
    """Whether a transaction has begun."""
    return bool(connection.info.transaction_status == IN_TRANSACTION)


def commits_alone(connection: Any) -> bool:
    """Whether a statement is a transaction of its own."""
    return bool(connection.autocommit) and not in_transaction(connection)


def cut_before(occasion: Occasion, fault: Fault) -> None:
    """The wire is cut; the call finds out."""
    cut(occasion.holder.fileno())


def cut_after(occasion: Occasion, fault: Fault) -> BaseException:
    """The wire is cut, and the driver finds out by a statement more."""
    cut(occasion.holder.fileno())
    return _execute(occasion, "SELECT 1", fault.name)


def refuse(occasion: Occasion, fault: Fault) -> BaseException | None:
    """The server refuses the statement."""
    error = _execute(occasion, postgres.refusal(fault.name, fault.text, occasion.statement), fault.name)
    error.args = (postgres.without_context(str(error)),)
    return postgres.refused(occasion, error)


def _execute(occasion: Occasion, statement: str, slug: str) -> BaseException:
    """What a statement raises on a cursor of the driver's own class, which nobody watches."""
    extensions: Any = sys.modules["psycopg2.extensions"]
    cursor = extensions.connection.cursor(occasion.holder, cursor_factory=extensions.cursor)
    try:
        cursor.execute(statement)
    except Exception as error:  # noqa: BLE001 - whatever the driver raises is what is wanted
        return error
    raise postgres.not_refused(slug)
