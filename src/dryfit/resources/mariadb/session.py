"""A connection of dryfit's own to a MariaDB server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from dryfit.model.resource import Endpoint
from dryfit.resources.guard.mariadb import Connection
from dryfit.resources.programs import needs_library

Row = tuple[object, ...]
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Session:
    """Runs statements, each of which is committed at once."""

    def __init__(self, endpoint: Endpoint, database: str | None = None) -> None:
        with needs_library("mariadb", "mariadb"):
            import pymysql  # type: ignore[import-untyped,unused-ignore]
            from pymysql.constants import CLIENT  # type: ignore[import-untyped,unused-ignore]
        self._connection = pymysql.connect(
            host=endpoint.host,
            port=endpoint.port,
            user=endpoint.user,
            password=endpoint.password,
            database=database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=2,
            # Reading the authorities' certificates takes longer than all the rest, at every connection.
            ssl_disabled=endpoint.host in LOOPBACK,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )

    @property
    def connection(self) -> Connection:
        """As the guard wants it."""
        return cast(Connection, self._connection)

    def rows(self, statement: str, parameters: Sequence[object] | None = None) -> list[Row]:
        """Run a statement, its parameters written ``%s``, and fetch what it returns."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def all_rows(self, statements: Sequence[str]) -> list[list[Row]]:
        """What each of the statements returns, in one round trip."""
        if not statements:
            return []
        with self._connection.cursor() as cursor:
            cursor.execute(";\n".join(statements))
            found = [list(cursor.fetchall())]
            while cursor.nextset():
                found.append(list(cursor.fetchall()))
            return found

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


def quoted(*names: str) -> str:
    """A name, or a name in a database, as SQL writes it."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)
