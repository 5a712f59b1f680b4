"""Marks of MariaDB and MySQL databases: the token is the comment of a stored procedure in the database.

A procedure is dropped with its database, and tests that list or drop tables do not meet it. The identity is where the
server keeps its data, with its host name and port.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import register
from dryfit.resources.guard.mark import Identity, Mark, new_token, own_name, refusal

_PROCEDURE = "dryfit_mark"
_PROOF = """
    SELECT @@hostname, @@port, @@datadir,
           (SELECT routine_comment FROM information_schema.routines
            WHERE routine_schema = %s AND routine_name = %s AND routine_type = 'PROCEDURE')
"""


class Cursor(Protocol):
    """What is asked of a cursor of the database API (PEP 249), its parameters written ``%s``."""

    def execute(self, query: str, args: Sequence[object] = ..., /) -> object:
        """Run a statement."""

    def fetchone(self) -> Sequence[object] | None:
        """The next row."""

    def close(self) -> None:
        """Let go of it."""


class Connection(Protocol):
    """What is asked of a connection of the database API, on whatever database."""

    def cursor(self) -> Cursor:
        """A new cursor, whose rows are tuples."""


def create(connection: Connection, name: str) -> Mark:
    """Make a database, which must not exist yet, and mark it."""
    _run(connection, f"CREATE DATABASE `{own_name(name)}`")
    mark = register.enter(_identity(_proof(connection, name), name), new_token())
    _run(connection, f"CREATE PROCEDURE `{name}`.`{_PROCEDURE}`() COMMENT '{mark.text}' SELECT 1")
    return mark


def prove(connection: Connection, mark: Mark) -> None:
    """Raise ``ResourceError`` unless the connection's server holds the marked database; one round trip."""
    name = mark.identity.part
    row = _proof(connection, name)
    register.confirm(Mark(_identity(row, name), mark.token), row[3], f"database {name}")


def drop(connection: Connection, mark: Mark) -> None:
    """Drop the marked database; raises ``ResourceError`` for any other of that name."""
    prove(connection, mark)
    _run(connection, f"DROP DATABASE `{own_name(mark.identity.part)}`")
    register.forget(mark)


def sweep(connection: Connection) -> tuple[str, ...]:
    """Drop what this user's runs that have died left on the server; returns the names of the databases."""
    server = _identity(_proof(connection, ""), "").server
    left = [e.mark for e in register.entries("mariadb", server) if e.owner and not e.owner.lives]
    return tuple(mark.identity.part for mark in left if _is_swept(connection, mark))


def _is_swept(connection: Connection, mark: Mark) -> bool:
    try:
        drop(connection, mark)
    except ResourceError:  # it is gone, or somebody has made another one with its name
        register.forget(mark)
        return False
    return True


def _identity(row: Sequence[object], name: str) -> Identity:
    host, port, folder, _ = row
    return Identity("mariadb", f"{host}:{port}:{folder}", name)


def _proof(connection: Connection, name: str) -> Sequence[object]:
    row = _run(connection, _PROOF, name, _PROCEDURE)
    if row is None:
        raise refusal(f"database {name}", "the server does not say who it is")
    return row


def _run(connection: Connection, query: str, *parameters: object) -> Sequence[object] | None:
    cursor = connection.cursor()
    try:
        cursor.execute(query, parameters) if parameters else cursor.execute(query)
        return cursor.fetchone() if query.lstrip().startswith("SELECT") else None
    finally:
        cursor.close()
