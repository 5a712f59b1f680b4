"""The seams of resource libraries: one table, one row a callable.

A library that is not imported costs nothing; one that is imported later is woven then. Only the outermost call that a
component makes is a crossing: what SQLAlchemy asks of its driver is not one more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import FrameType, FunctionType, ModuleType
from typing import Any, Literal

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.seam import Effect
from dryfit.weave import drivers
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.originals import function_of, member
from dryfit.weave.rows import function_at
from dryfit.weave.trampoline import KIND_FLAGS, Parameters
from dryfit.weave.weaver import Weaver


@dataclass(frozen=True, slots=True)
class LibrarySeam:
    """One callable of a library and its effect; ``statement`` is a read or a write as its SQL begins.

    ``driver`` makes Python twins of a module's C classes, which cannot be woven, and says where to put them.
    """

    module: str
    callable: str
    effect: Effect | Literal["statement"]
    driver: Callable[[ModuleType], drivers.Twins] | None = None

    @property
    def library(self) -> str:
        """The name that stands for the library at a seam."""
        return self.module.partition(".")[0]


LIBRARY_SEAMS = (
    LibrarySeam("sqlite3", "Cursor.execute", "statement", drivers.sqlite3),
    LibrarySeam("sqlite3", "Cursor.executemany", "statement", drivers.sqlite3),
    LibrarySeam("sqlite3", "Cursor.executescript", "write", drivers.sqlite3),
    LibrarySeam("sqlite3", "Connection.execute", "statement", drivers.sqlite3),
    LibrarySeam("sqlite3", "Connection.executemany", "statement", drivers.sqlite3),
    LibrarySeam("sqlite3", "Connection.executescript", "write", drivers.sqlite3),
    LibrarySeam("sqlite3", "Connection.commit", "write", drivers.sqlite3),
    LibrarySeam("sqlite3", "Connection.rollback", "write", drivers.sqlite3),
    LibrarySeam("psycopg", "Cursor.execute", "statement"),
    LibrarySeam("psycopg", "Cursor.executemany", "statement"),
    LibrarySeam("psycopg", "Cursor.stream", "statement"),
    LibrarySeam("psycopg", "Cursor.copy", "write"),
    LibrarySeam("psycopg", "ServerCursor.execute", "statement"),
    LibrarySeam("psycopg", "Connection.commit", "write"),
    LibrarySeam("psycopg", "Connection.rollback", "write"),
    LibrarySeam("psycopg", "AsyncCursor.execute", "statement"),
    LibrarySeam("psycopg", "AsyncCursor.executemany", "statement"),
    LibrarySeam("psycopg", "AsyncCursor.stream", "statement"),
    LibrarySeam("psycopg", "AsyncCursor.copy", "write"),
    LibrarySeam("psycopg", "AsyncServerCursor.execute", "statement"),
    LibrarySeam("psycopg", "AsyncConnection.commit", "write"),
    LibrarySeam("psycopg", "AsyncConnection.rollback", "write"),
    LibrarySeam("psycopg2", "cursor.execute", "statement", drivers.psycopg2),
    LibrarySeam("psycopg2", "cursor.executemany", "statement", drivers.psycopg2),
    LibrarySeam("psycopg2", "cursor.callproc", "write", drivers.psycopg2),
    LibrarySeam("psycopg2", "cursor.copy_expert", "statement", drivers.psycopg2),
    LibrarySeam("psycopg2", "cursor.copy_from", "write", drivers.psycopg2),
    LibrarySeam("psycopg2", "cursor.copy_to", "read", drivers.psycopg2),
    LibrarySeam("psycopg2", "connection.commit", "write", drivers.psycopg2),
    LibrarySeam("psycopg2", "connection.rollback", "write", drivers.psycopg2),
    LibrarySeam("psycopg2.extras", "DictCursor.execute", "statement"),
    LibrarySeam("psycopg2.extras", "RealDictCursor.execute", "statement"),
    LibrarySeam("psycopg2.extras", "NamedTupleCursor.execute", "statement"),
    LibrarySeam("psycopg2.extras", "NamedTupleCursor.executemany", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.execute", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.executemany", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.fetch", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.fetchmany", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.fetchrow", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.fetchval", "statement"),
    LibrarySeam("asyncpg.connection", "Connection.copy_records_to_table", "write"),
    LibrarySeam("sqlalchemy.engine.default", "DefaultDialect.do_execute", "statement"),
    LibrarySeam("sqlalchemy.engine.default", "DefaultDialect.do_execute_no_params", "statement"),
    LibrarySeam("sqlalchemy.engine.default", "DefaultDialect.do_executemany", "statement"),
    LibrarySeam("sqlalchemy.engine.default", "DefaultDialect.do_commit", "write"),
    LibrarySeam("sqlalchemy.engine.default", "DefaultDialect.do_rollback", "write"),
    LibrarySeam("django.db.backends.utils", "CursorWrapper.execute", "statement"),
    LibrarySeam("django.db.backends.utils", "CursorWrapper.executemany", "statement"),
    LibrarySeam("django.db.backends.utils", "CursorWrapper.callproc", "write"),
    LibrarySeam("httpx", "Client.send", "send"),
    LibrarySeam("httpx", "AsyncClient.send", "send"),
    LibrarySeam("requests.sessions", "Session.send", "send"),
    LibrarySeam("aiohttp.client", "ClientSession._request", "send"),
    LibrarySeam("redis.client", "Redis.execute_command", "write"),
    LibrarySeam("redis.client", "Pipeline.execute", "write"),
    LibrarySeam("redis.client", "Pipeline.immediate_execute_command", "write"),
    LibrarySeam("redis.asyncio.client", "Redis.execute_command", "write"),
    LibrarySeam("redis.asyncio.client", "Pipeline.execute", "write"),
    LibrarySeam("redis.asyncio.client", "Pipeline.immediate_execute_command", "write"),
    LibrarySeam("smtplib", "SMTP.sendmail", "send"),
    LibrarySeam("aiosmtplib.smtp", "SMTP.sendmail", "send"),
    LibrarySeam("aiosmtplib.smtp", "SMTP.send_message", "send"),
    LibrarySeam("botocore.client", "BaseClient._make_api_call", "send"),
    LibrarySeam("subprocess", "Popen.__init__", "send"),
    LibrarySeam("builtins", "open", "write", drivers.opening),
)

LIBRARY_MODULES = frozenset(row.module for row in LIBRARY_SEAMS)

_NEVER = frozenset(
    {
        *("_collections_abc", "_pytest", "_weakrefset", "abc", "ast", "asyncio", "collections", "contextlib"),
        *("copy", "dataclasses", "datetime", "decimal", "dis", "dryfit", "enum", "functools", "genericpath"),
        *("hashlib", "importlib", "inspect", "linecache", "ntpath", "operator", "os", "pathlib", "pluggy"),
        *("posixpath", "pytest", "re", "sqlite3", "threading", "traceback", "types", "typing", "unittest"),
        *("uuid", "warnings", "weakref"),
    }
)
"""Modules whose functions are left alone: what looks at a crossing, or runs the tests, calls them itself."""

_READS = frozenset({"SELECT", "SHOW", "EXPLAIN", "VALUES", "PRAGMA", "DESCRIBE"})


class Libraries:
    """Weaves the rows of the table whose modules are loaded."""

    def __init__(self, loop: Loop, weaver: Weaver, rows: tuple[LibrarySeam, ...] = LIBRARY_SEAMS) -> None:
        self._loop = loop
        self._weaver = weaver
        self._rows = rows
        self._twins: dict[str, drivers.Twins] = {}
        self._callees: dict[str, dict[Effect, Callee]] = {}

    def weave_loaded(self) -> None:
        """Weave every library of the table that is imported by now."""
        for name in {row.module for row in self._rows} & set(sys.modules):
            self.weave_module(sys.modules[name])

    def weave_module(self, module: ModuleType) -> None:
        """Weave the rows of one module."""
        for row in self._rows:
            if row.module == module.__name__:
                self._weave_row(row, module)

    def weave_named(self, names: Iterable[str]) -> None:
        """Weave functions of libraries that tests replace, to see what the real ones do elsewhere in the suite."""
        for function in filter(None, map(self._library_function, sorted(names))):
            top = function.__module__.partition(".")[0]
            parameters = Parameters.of(function.__code__).names
            callee = Callee(
                component=top,
                name=f"{function.__module__}.{function.__qualname__}",
                parameters=parameters,
                kind="library",
                method=parameters[:1] == ("self",),
            )
            self._weaver.weave(function, callee, begin=self._begin_named)

    def restore(self) -> None:
        """Put the C classes' own names back; the weaver puts the code back."""
        for twins in self._twins.values():
            twins.restore()
        self._twins.clear()

    def _weave_row(self, row: LibrarySeam, module: ModuleType) -> None:
        if row.driver is not None and row.module not in self._twins:
            self._twins[row.module] = row.driver(module)
        function = self._function(row, module)
        if function is None:
            return
        name = f"{row.library}.{row.callable}"
        parameters = Parameters.of(function.__code__).names
        effects: tuple[Effect, ...] = ("read", "write") if row.effect == "statement" else (row.effect,)
        self._callees[name] = {
            effect: Callee(row.library, name, parameters, "library", effect, method=True)
            for effect in effects
        }
        self._weaver.weave(function, self._callees[name][effects[-1]], begin=self._begin)

    def _function(self, row: LibrarySeam, module: ModuleType) -> FunctionType | None:
        twins = self._twins.get(row.module)
        return twins.functions.get(row.callable) if twins is not None else function_at(module, row.callable)

    def _library_function(self, name: str) -> FunctionType | None:
        """The plain function of a library to which a dotted name leads now, ``None`` for anything else."""
        module, _, path = name.rpartition(".")
        while module and module not in sys.modules:
            module, _, part = module.rpartition(".")
            path = f"{part}.{path}"
        found = member(sys.modules[module], path)[0] if module else None
        function = function_of(found)
        if function is None or self._loop.sites.owner(function.__code__.co_filename) is not None:
            return None
        plain = not function.__code__.co_flags & KIND_FLAGS and "<locals>" not in function.__qualname__
        return function if plain and function.__module__.partition(".")[0] not in _NEVER else None

    def _begin_named(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        return self._loop.begin_outside(woven.callee, values, above, frame)

    def _begin(
        self, woven: Woven, values: tuple[Any, ...], above: Crossing, frame: FrameType
    ) -> Crossing | None:
        if above.callee.is_resource:  # what one library asks of another, as SQLAlchemy of its driver
            return None
        by_effect = self._callees[woven.callee.name]
        callee = by_effect[_statement_effect(values)] if len(by_effect) > 1 else woven.callee
        return self._loop.begin_outside(callee, values, above, frame)


def _statement_effect(values: tuple[object, ...]) -> Effect:
    """Tell a read from a write by the first word of the first text; what cannot be told is a write."""
    for value in values[1:]:
        if type(value) is tuple and value and type(value[0]) is str:
            value = value[0]
        if type(value) is str:
            return _effect(value.lstrip(" \t\r\n(")[:10])
    return "write"


@lru_cache
def _effect(beginning: str) -> Effect:
    word = beginning.split(None, 1)
    return "read" if word and word[0].upper() in _READS else "write"
