"""The error that a server gives to the victim of a deadlock, in place of the one for a statement that was cancelled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_STATE = "40P01"
_TEXT = "deadlock detected"


def deadlock_error(cancelled: BaseException) -> BaseException:
    """The same driver's error for a deadlock; the given one where the driver is not known."""
    for each in type(cancelled).__mro__:
        make = _MAKERS.get(each.__module__.partition(".")[0])
        if make is not None:
            return make(cancelled)
    return cancelled


def _psycopg(_: BaseException) -> BaseException:
    error: BaseException = sys.modules["psycopg.errors"].lookup(_STATE)(_TEXT)
    return error


def _psycopg2(_: BaseException) -> BaseException:
    error: Any = sys.modules["psycopg2.errors"].lookup(_STATE)(_TEXT)
    error.__setstate__({"pgcode": _STATE, "pgerror": f"ERROR:  {_TEXT}\n"})
    made: BaseException = error
    return made


def _asyncpg(_: BaseException) -> BaseException:
    fields = {"S": "ERROR", "V": "ERROR", "C": _STATE, "M": _TEXT}
    error: BaseException = sys.modules["asyncpg.exceptions"].PostgresError.new(fields)
    return error


def _adapted(cancelled: BaseException) -> BaseException:
    """What SQLAlchemy makes of an asynchronous driver's error: it has the driver's for its cause, and says its text."""
    cause = cancelled.__cause__
    if cause is None or not type(cancelled).__module__.startswith("sqlalchemy.dialects."):
        return cancelled
    told = deadlock_error(cause)
    text = str(cancelled).replace(str(type(cause)), str(type(told))).replace(str(cause), str(told))
    error: Any = type(cancelled)
    made: BaseException = error(text, told)
    made.__cause__ = told
    return made


_MAKERS: dict[str, Callable[[BaseException], BaseException]] = {
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "asyncpg": _asyncpg,
    "sqlalchemy": _adapted,
}
