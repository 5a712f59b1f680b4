"""What stands between the program and a driver, and turns the driver's exceptions into its own."""

from __future__ import annotations

import sys
from typing import Any

from dryfit.probes.faults.occasion import BARE, Layer


def django(cursor: Any) -> Layer:
    """Django's own cursor wraps what the driver raises below it."""

    def given(error: BaseException) -> BaseException:
        try:
            with cursor.db.wrap_database_errors:
                raise error
        except Exception as wrapped:  # noqa: BLE001 - whatever Django makes of it is what is wanted
            return wrapped

    return Layer(lambda _, dbapi: f"django.db.utils.{dbapi}", given)


def sqlalchemy(dialect: Any, adapted: Any) -> Layer:
    """SQLAlchemy wraps above this crossing; only for asyncpg it puts exceptions of its own below."""
    translation = getattr(dialect.dbapi, "_asyncpg_error_translate", None)
    if translation is None:
        return BARE

    def named(exception: str, _: str) -> str:
        module, _, name = exception.rpartition(".")
        bases = getattr(sys.modules.get(module), name, BaseException).__mro__
        known = next((translation[base] for base in bases if base in translation), None)
        return f"{known.__module__}.{known.__qualname__}" if known is not None else exception

    def given(error: BaseException) -> BaseException:
        try:
            adapted._handle_exception(error)
        except BaseException as translated:  # noqa: BLE001 - whatever SQLAlchemy makes of it is what is wanted
            return translated
        return error

    return Layer(named, given)
