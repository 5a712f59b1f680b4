"""Asks a server about its processes, on a connection of dryfit's own that nothing else goes through."""

from __future__ import annotations

import os
from _thread import allocate_lock
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

from dryfit.model.errors import ResourceError
from dryfit.resources.postgres.connect import MAINTENANCE, NAME
from dryfit.resources.postgres.peers import Parameters

Answer = list[tuple[str, ...]]
"""Rows of texts as PostgreSQL writes them, "" for NULL."""

_TIMEOUT = "2"
"""Seconds for connecting."""


class LostError(Exception):
    """The connection is gone; or there never was one."""


class _Wire(Protocol):
    """Below a driver's Python code, since the program's connections are watched and stopped there."""

    def ask(self, statement: str) -> Answer:
        """Raises ``LostError``."""

    def close(self) -> None:
        """Leave the server."""


class Inquiry:
    """The connection, opened when it is needed first, and again where it was lost, or a fork has left it behind.

    ``prepared`` is run whenever it was opened. Questions may come from any thread. ``is_visit`` says that it is about
    the very database of the parameters, and will be closed at once.
    """

    def __init__(self, parameters: Parameters, prepared: str = "", *, is_visit: bool = False) -> None:
        self._parameters = {**parameters, "application_name": NAME, "connect_timeout": _TIMEOUT}
        self._prepared = prepared
        self._is_visit = is_visit
        self._lock = allocate_lock()  # never one that a controller of threads knows
        self._wire: _Wire | None = None
        self._process = 0
        self._was_lost = False

    def ask(self, statement: str) -> Answer:
        """The rows of one statement. Raises ``ResourceError`` where the server does not answer."""
        with self._lock:
            if self._wire is not None and self._process == os.getpid():
                try:
                    return self._wire.ask(statement)
                except LostError:
                    self._was_lost = True
            try:
                self._wire = self._open()
                return self._wire.ask(statement)
            except LostError as error:
                where = f"PostgreSQL at {self._parameters['host']}:{self._parameters['port']}"
                raise ResourceError(
                    f"{where}: cannot be asked who waits: {error}", slug="resources"
                ) from None

    def was_lost(self) -> bool:
        """Whether the server has ended the connection since this was asked last, as one does that restarts."""
        with suppress(ResourceError):
            self.ask("SELECT 1")
        was_lost, self._was_lost = self._was_lost, False
        return was_lost

    def close(self) -> None:
        """Close the connection; it opens again when it is needed."""
        if self._wire is not None and self._process == os.getpid():
            self._wire.close()
        self._wire = None

    def _open(self) -> _Wire:
        """On the server's own database if that may be, so that nobody is kept from dropping or copying another."""
        self._process = os.getpid()
        if self._is_visit:
            return _connect(self._parameters)
        try:
            wire = _connect({**self._parameters, "dbname": MAINTENANCE})
        except LostError:
            wire = _connect(self._parameters)
        if self._prepared:
            wire.ask(self._prepared)
        return wire


def _connect(parameters: Parameters) -> _Wire:
    try:
        return _Libpq(parameters)
    except ImportError:
        pass
    try:
        return _Psycopg2(parameters)
    except ImportError:
        raise LostError("neither psycopg nor psycopg2 is installed") from None


class _Libpq:
    """By psycopg 3's libpq."""

    def __init__(self, parameters: Parameters) -> None:
        from psycopg import pq
        from psycopg.conninfo import make_conninfo

        self._connection = pq.PGconn.connect(make_conninfo("", **parameters).encode())
        if self._connection.status != pq.ConnStatus.OK:
            raise LostError(self._connection.get_error_message().strip())

    def ask(self, statement: str) -> Answer:
        from psycopg import OperationalError

        try:
            result = self._connection.exec_(statement.encode())
        except OperationalError as error:
            raise LostError(str(error)) from None
        if result.error_message:
            raise LostError(result.get_error_message().strip())
        columns = range(result.nfields)
        return [
            tuple([(result.get_value(row, column) or b"").decode() for column in columns])
            for row in range(result.ntuples)
        ]

    def close(self) -> None:
        self._connection.finish()


class _Psycopg2:
    """By psycopg2's own C code, for projects that have no other driver."""

    def __init__(self, parameters: Parameters) -> None:
        psycopg2 = import_module("psycopg2")
        dsn = psycopg2.extensions.make_dsn(**parameters)
        self._error: type[Exception] = psycopg2.Error
        try:
            self._connection: Any = psycopg2._connect(dsn)
        except psycopg2.OperationalError as error:
            raise LostError(str(error).strip()) from None
        self._connection.autocommit = True

    def ask(self, statement: str) -> Answer:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
                found: Sequence[Sequence[object]] = cursor.fetchall() if cursor.description else ()
        except self._error as error:
            raise LostError(str(error).strip()) from None
        return [tuple([_text(value) for value in row]) for row in found]

    def close(self) -> None:
        self._connection.close()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else str(value)
