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
            return make()
    return cancelled


def _psycopg() -> BaseException:
    error: BaseException = sys.modules["psycopg.errors"].lookup(_STATE)(_TEXT)
    return error


def _psycopg2() -> BaseException:
    error: Any = sys.modules["psycopg2.errors"].lookup(_STATE)(_TEXT)
    error.__setstate__({"pgcode": _STATE, "pgerror": f"ERROR:  {_TEXT}\n"})
    made: BaseException = error
    return made


def _asyncpg() -> BaseException:
    fields = {"S": "ERROR", "V": "ERROR", "C": _STATE, "M": _TEXT}
    error: BaseException = sys.modules["asyncpg.exceptions"].PostgresError.new(fields)
    return error


_MAKERS: dict[str, Callable[[], BaseException]] = {
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "asyncpg": _asyncpg,
}
