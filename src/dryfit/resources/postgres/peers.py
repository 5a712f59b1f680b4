"""Which process of which server serves a connection of the program's, by what its driver knows; nobody is asked.

Drivers are known by the modules of their classes; none is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_WRAPPERS = ("driver_connection", "dbapi_connection", "_connection", "_con")
"""Where SQLAlchemy's and asyncpg's pools, and what adapts an asynchronous driver, keep the driver's connection."""

Parameters = Mapping[str, str]
"""How to connect, in libpq's words."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The server's process at the other end of a connection, the server's address, and who is connected."""

    address: str
    process: int
    user: str
    _parameters: Callable[[], Parameters]

    def parameters(self) -> Parameters:
        """How another connection is made to the same server and database, by the same user."""
        return self._parameters()


def peer_of(connection: object) -> Peer | None:
    """The peer of a connection, or of what wraps it; ``None`` for other drivers' and for closed ones."""
    for _ in range(len(_WRAPPERS) + 1):
        if connection is None:
            return None
        read = _reader(type(connection))
        if read is not None:
            with suppress(Exception):  # whatever the driver raises of a connection that is closed or broken
                return read(connection)
            return None
        connection = next(
            (found for name in _WRAPPERS if (found := _part(connection, name)) is not None), None
        )
    return None


def _part(value: object, name: str) -> object:
    with suppress(Exception):  # a wrapper may be closed, and raise what it likes
        return getattr(value, name, None)
    return None


def _reader(cls: type) -> Callable[[Any], Peer | None] | None:
    names = ((base.__module__.partition(".")[0], base.__name__) for base in type.mro(cls))
    return next((_READERS[name] for name in names if name in _READERS), None)


def _psycopg(connection: Any) -> Peer:
    wire = connection.pgconn

    def parameters() -> Parameters:
        given = connection.info.get_parameters()
        return _chosen(
            {**given, "password": connection.info.password}, wire.host.decode(), wire.port.decode()
        )

    address = _address(wire.host.decode(), wire.port.decode())
    return Peer(address, wire.backend_pid, wire.user.decode(), parameters)


def _psycopg2(connection: Any) -> Peer | None:
    if connection.closed:
        return None
    info = connection.info

    def parameters() -> Parameters:
        return _chosen({**info.dsn_parameters, "password": info.password}, info.host, str(info.port))

    return Peer(_address(info.host, str(info.port)), info.backend_pid, info.user, parameters)


def _asyncpg(connection: Any) -> Peer | None:
    if connection.is_closed():
        return None
    given, place = connection._params, connection._addr
    host, port = _of_socket(place) if isinstance(place, str) else (place[0], str(place[1]))

    def parameters() -> Parameters:
        found = {"user": given.user, "password": given.password, "dbname": given.database or given.user}
        mode = getattr(given.sslmode, "name", "")
        return _chosen({**found, "sslmode": mode.replace("_", "-")}, host, port)

    return Peer(_address(host, port), connection.get_server_pid(), given.user, parameters)


_READERS: Mapping[tuple[str, str], Callable[[Any], Peer | None]] = {
    ("psycopg", "BaseConnection"): _psycopg,
    ("psycopg2", "connection"): _psycopg2,
    ("asyncpg", "Connection"): _asyncpg,
}


def _address(host: str, port: str) -> str:
    return f"{host}:{port}"


def _of_socket(path: str) -> tuple[str, str]:
    """Directory and port of a socket ``/run/.s.PGSQL.5432``."""
    folder, _, port = path.rpartition("/.s.PGSQL.")
    return folder, port


_NOT_OURS = frozenset(
    {"options", "application_name", "fallback_application_name", "hostaddr", "host", "port"}
)


def _chosen(given: Mapping[str, object], host: str, port: str) -> Parameters:
    """What makes the way to the server, without what the program asks of its own sessions."""
    kept = {name: value for name, value in given.items() if name not in _NOT_OURS}
    return {
        **{name: value for name, value in kept.items() if isinstance(value, str) and value},
        "host": host,
        "port": port,
    }
