"""Watches where the program connects to, and which of its connections it uses, whoever opened them.

Connecting is watched below SQLAlchemy, Django and pools, in the drivers; the call itself goes on as it is.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import count
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from weakref import WeakKeyDictionary, ref

from dryfit.model.target import IN_MEMORY, Target
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.rows import Row, weave_rows
from dryfit.weave.weaver import Weaver

__tracebackhide__ = True

Values = tuple[Any, ...]
Used = Callable[[Target], None]
Calling = Callable[[object, object, Callable[[], object]], object]
"""Makes a call of a driver: the connection, what is to be done as the driver says it, and the call itself."""

_OWN_RECORDS = 0x64664954
"""SQLite's application id of a run file."""

OWN = "dryfit"
"""How connections of dryfit's own name themselves where they can."""


_ROWS = (
    Row("sqlite3", "connect", "_sqlite3"),
    Row("psycopg", "Connection.__init__", "_psycopg"),
    Row("psycopg", "Connection.wait", "_psycopg_use"),
    Row("psycopg", "AsyncConnection.__init__", "_psycopg"),
    Row("psycopg", "AsyncConnection.wait", "_psycopg_use"),
    Row("psycopg.waiting", "wait_conn", "_psycopg_connecting"),
    Row("psycopg.waiting", "wait_conn_async", "_psycopg_connecting"),
    Row("psycopg2", "connect", "_psycopg2"),
    Row("asyncpg.connection", "Connection.__init__", "_asyncpg"),
    Row("asyncpg.connection", "connect", "_asyncpg_connecting"),
    Row("redis.connection", "AbstractConnection.connect", "_redis"),
    Row("redis.asyncio.connection", "AbstractConnection.connect", "_redis"),
)

CONNECTION_MODULES = frozenset(row.module for row in _ROWS)


class Connections:
    """Calls ``used`` with the target of each connection when it is opened, and when it is seen in use.

    ``live`` are the targets of connections that are open and whose use is not seen, since their driver is C code.
    ``calling`` makes psycopg's calls to its server in place of psycopg, and connects in place of a driver that waits in
    Python for it, where somebody is to decide when that is done.
    """

    def __init__(self, loop: Loop, weaver: Weaver) -> None:
        self.used: Used = _nobody
        self.calling: Calling | None = None
        self._loop = loop
        self._weaver = weaver
        self._seen: WeakKeyDictionary[object, Target] = WeakKeyDictionary()
        self._unseen: WeakKeyDictionary[object, Target] = WeakKeyDictionary()
        self._numbers = count(1)
        self._known_before: list[Target] = []
        self._unkept: set[Target] = set()

    def weave_loaded(self) -> None:
        """Watch every driver that is imported by now, and find the connections that were opened before."""
        for name in CONNECTION_MODULES & set(sys.modules):
            self.weave_module(sys.modules[name])
        self._known_before = list(self._opened_before())

    def weave_module(self, module: ModuleType) -> None:
        """Watch one driver."""
        weave_rows(self._weaver, _ROWS, module, "<connections>", self)

    @property
    def live(self) -> tuple[Target, ...]:
        """Targets that may be in use at any time without being seen."""
        return tuple(dict.fromkeys([*self._known_before, *self._unseen.values()]))

    def written(self, target: Target) -> object:
        """What differs as soon as this process has written to a SQLite file again through a connection that is open.

        ``None`` where one of them is not known. Statements that define data leave it as it is.
        """
        if target in self._unkept or target in self._known_before:
            return None
        alive = [connection for kept in self._unseen.keyrefs() if (connection := kept()) is not None]
        return [
            (id(connection), _total_changes(connection))
            for connection in alive
            if isinstance(connection, sqlite3.Connection) and self._unseen.get(connection) == target
        ]

    @property
    def opened(self) -> tuple[object, ...]:
        """The drivers' connections that are alive, as far as they can be referred to weakly."""
        return (*list(self._seen), *list(self._unseen))

    def target_of(self, connection: object) -> Target | None:
        """Where a driver's connection leads, if it was seen when it was opened."""
        try:
            return self._seen.get(connection) or self._unseen.get(connection)
        except TypeError:  # no weak reference to a class of C
            return None

    # What stands in the place of a driver's callable.

    def _sqlite3(self, woven: Woven, values: Values, *_: object) -> Any:
        connection = woven.function(*values)
        self._note(connection, lambda: self._sqlite_target(connection, *values), self._unseen)
        return connection

    def _psycopg(self, woven: Woven, values: Values, *_: object) -> Any:
        done = woven.function(*values)
        self._note(values[0], lambda: _psycopg_target(values[0]), self._seen)
        return done

    def _psycopg_use(self, woven: Woven, values: Values, *_: object) -> Any:
        self._tell(self._seen.get(values[0]))
        if self.calling is None:
            return woven.function(*values)
        return self.calling(values[0], values[1], partial(woven.function, *values))

    def _psycopg_connecting(self, woven: Woven, values: Values, *_: object) -> Any:
        do = partial(woven.function, *values)
        return do() if self.calling is None else self.calling(None, values[0], do)

    def _asyncpg_connecting(self, woven: Woven, values: Values, *_: object) -> Any:
        do = partial(woven.function, *values)
        return do() if self.calling is None else self.calling(None, None, partial(_awaited, do))

    def _psycopg2(self, woven: Woven, values: Values, *_: object) -> Any:
        connection = woven.function(*values)
        self._note(connection, lambda: _psycopg2_target(connection), self._unseen)
        return connection

    def _asyncpg(self, woven: Woven, values: Values, *_: object) -> Any:
        done = woven.function(*values)
        self._note(values[0], lambda: _asyncpg_target(values[4], values[6]), self._unseen)
        return done

    def _redis(self, woven: Woven, values: Values, *_: object) -> Any:
        self._note(values[0], lambda: _redis_target(values[0]), self._seen)
        return woven.function(*values)

    def _note(
        self,
        connection: object,
        find: Callable[[], Target | None],
        kept: WeakKeyDictionary[object, Target],
    ) -> None:
        """Remember where a connection leads, and tell it; a failure of ours is nothing to the caller."""
        try:
            target = find()
            if target is not None and type(connection) is sqlite3.Connection:  # no weak reference to one
                self._unkept.add(target)
            elif target is not None:
                kept[connection] = target
            self._tell(target)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self._loop.missed(error)

    def _tell(self, target: Target | None) -> None:
        try:
            if target is not None:
                self.used(target)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self._loop.missed(error)

    # SQLite, whose databases may be files or a connection's own.

    def _sqlite_target(
        self, connection: sqlite3.Connection, arguments: Values, options: Mapping[str, Any]
    ) -> Target | None:
        database = arguments[0] if arguments else options.get("database", "")
        is_uri = arguments[7] if len(arguments) > 7 else options.get("uri", False)
        path = _sqlite_path(os.fsdecode(database), bool(is_uri))
        if path:
            return _file(path)
        return None if type(connection) is sqlite3.Connection else self._in_memory(ref(connection))

    def _in_memory(self, connection: Callable[[], object]) -> Target:
        name = f"{IN_MEMORY} {next(self._numbers)}"
        return Target("sqlite", name, name, connection)

    def _opened_before(self) -> Iterator[Target]:
        """Find what modules opened as they were imported; such connections cannot be referred to weakly."""
        for connection in [each for each in gc.get_objects() if type(each) is sqlite3.Connection]:
            with suppress(sqlite3.Error):  # closed, or another thread's
                path = _path_of(connection)
                target = _file(path) if path else self._in_memory(partial(_same, connection))
                if target is not None:
                    yield target


def _total_changes(connection: sqlite3.Connection) -> object:
    try:
        return _TOTAL_CHANGES.__get__(connection)
    except sqlite3.Error:  # closed
        return None


_TOTAL_CHANGES = vars(sqlite3.Connection)["total_changes"]


def _path_of(connection: sqlite3.Connection) -> str:
    """The file that a connection leads to; dryfit's own records are in none that counts."""
    cursor = sqlite3.Cursor(connection)
    cursor.row_factory = None
    if cursor.execute("PRAGMA application_id").fetchone() == (_OWN_RECORDS,):
        return ".dryfit/"
    return str(cursor.execute("PRAGMA database_list").fetchone()[2] or "")


async def _awaited(do: Callable[[], Any]) -> Any:
    return await do()


def _same(connection: sqlite3.Connection) -> sqlite3.Connection:
    return connection


def _nobody(target: Target) -> None:
    """Nobody wants to know."""


def _sqlite_path(database: str, is_uri: bool) -> str:
    """The file that a database's name stands for, "" for one in memory."""
    if is_uri and database.startswith("file:"):
        parts = urlsplit(database)
        if parse_qs(parts.query).get("mode") == ["memory"]:
            return ""
        database = unquote(parts.path)
    return "" if database in ("", IN_MEMORY) else os.path.abspath(database)


_NO_DATA = frozenset({".dryfit", ".hypothesis", ".pytest_cache"})


def _file(path: str) -> Target | None:
    """A database file, unless a tool keeps its own records in it."""
    folder, name = os.path.split(path)
    if name.startswith(".coverage") or not _NO_DATA.isdisjoint(folder.split(os.sep)):
        return None
    return Target("sqlite", name, path)


def _psycopg_target(connection: Any) -> Target | None:
    info = connection.info
    return _postgres({**info.get_parameters(), "password": info.password})


def _psycopg2_target(connection: Any) -> Target | None:
    info = connection.info
    return _postgres({**info.dsn_parameters, "password": info.password})


def _asyncpg_target(address: Any, parameters: Any) -> Target | None:
    host, port = (
        address if isinstance(address, tuple) else (os.path.dirname(address), address.rpartition(".")[2])
    )
    return _postgres(
        {
            "host": host,
            "port": str(port),
            "user": parameters.user,
            "password": parameters.password,
            "dbname": parameters.database,
        }
    )


_NOT_WHERE = frozenset(
    {"application_name", "fallback_application_name", "connect_timeout", "client_encoding", "options"}
)


def _postgres(parameters: Mapping[str, str | None]) -> Target | None:
    """A database by libpq's parameters, as a connection string."""
    if parameters.get("application_name") == OWN or "replication" in parameters:
        return None
    said = {name: value for name, value in parameters.items() if value and name not in _NOT_WHERE}
    address = " ".join(f"{name}='{_escaped(str(value))}'" for name, value in sorted(said.items()))
    return Target("postgres", said.get("dbname") or said.get("user") or "", address)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _encrypting(connection: Any) -> dict[str, str]:
    """How it encrypts, as a URL of redis-py says it."""
    given = {name: getattr(connection, name, None) for name in ("ca_certs", "certfile", "keyfile")}
    reqs = getattr(connection.cert_reqs, "name", "CERT_REQUIRED").removeprefix("CERT_").lower()
    given |= {"cert_reqs": reqs, "check_hostname": getattr(connection, "check_hostname", None)}
    return {f"ssl_{name}": str(value) for name, value in given.items() if value is not None}


def _redis_target(connection: Any) -> Target | None:
    if getattr(connection, "client_name", None) == OWN:
        return None
    secret = (
        f"{quote(connection.username or '')}:{quote(connection.password)}@" if connection.password else ""
    )
    if path := getattr(connection, "path", ""):
        return Target("redis", f"db {connection.db}", f"unix://{secret}{path}?db={connection.db}")
    address = f"//{secret}{connection.host}:{connection.port}/{connection.db}"
    if "SSL" not in type(connection).__name__:
        return Target("redis", f"db {connection.db}", f"redis:{address}")
    address = f"rediss:{address}?{urlencode(_encrypting(connection))}"
    return Target("redis", f"db {connection.db}", address)
