"""Lets SQLAlchemy work through a connection that somebody else has opened, and leaves the transaction to them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.pool import NullPool, StaticPool

from dryfit.model.errors import ResourceError

DRIVERS = {"psycopg": "postgresql+psycopg://", "sqlite3": "sqlite://"}
"""The drivers whose own connections are taken, by their module; others go by a SQLAlchemy connection."""


BROUGHT = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


class Lent:
    """A driver's connection as SQLAlchemy sees it: it executes, and never commits, rolls back or closes."""

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def cursor(self, *arguments: object, **options: object) -> object:
        """A cursor whose rows are tuples, whatever kind of rows the owner prefers."""
        made = self._connection.cursor(*arguments, **options)  # type: ignore[attr-defined]
        if driver_of(self._connection) == "psycopg":
            from psycopg.rows import tuple_row

            made.row_factory = tuple_row
        else:
            made.row_factory = None
        return made

    def commit(self) -> None:
        """Nothing: the owner commits."""

    def rollback(self) -> None:
        """Nothing: the owner rolls back."""

    def close(self) -> None:
        """Nothing: the owner closes."""


def driver_of(connection: object) -> str:
    """The module of a driver's connection: "psycopg"."""
    homes = (kind.__module__.partition(".")[0] for kind in type(connection).__mro__)
    return next((home for home in homes if home in DRIVERS), "")


def opener(connection: object) -> Callable[[], AbstractContextManager[Connection]]:
    """How to get at a SQLAlchemy connection, as often as rows are made.

    What an engine or a URL opens is committed, so that the program under test sees the rows through connections of its
    own; a connection that is somebody's stays in their transaction. Raises ``ResourceError`` for an unknown driver.
    """
    if isinstance(connection, Connection):
        return lambda: nullcontext(connection)
    if isinstance(connection, str | URL):
        return create_engine(_with_driver(connection), poolclass=NullPool).begin
    if isinstance(connection, Engine):
        return connection.begin
    return _lending(connection).connect


def _with_driver(url: str | URL) -> URL:
    """A URL that names no driver goes by the one that dryfit's extras bring."""
    made = make_url(url)
    return made.set(drivername=BROUGHT.get(made.drivername, made.drivername))


def _lending(connection: object) -> Engine:
    url = DRIVERS.get(driver_of(connection))
    if url is None:
        kind = type(connection)
        raise ResourceError(
            f"make: cannot work through a {kind.__module__}.{kind.__qualname__}",
            "give a SQLAlchemy session, connection or engine, a URL, or a connection of psycopg 3 or sqlite3",
            slug="make",
        )
    options = {} if url.startswith("sqlite") else {"use_native_hstore": False}
    return create_engine(
        url, creator=lambda: Lent(connection), poolclass=StaticPool, pool_reset_on_return=None, **options
    )
