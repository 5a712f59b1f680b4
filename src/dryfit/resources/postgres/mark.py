"""dryfit's mark: a random token in a comment on a database, without which nothing in it is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.resources.postgres.connect import identifier

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

PREFIX = "dryfit "
SETTING = "dryfit.mark"
"""What a server that dryfit started for itself is told its token by."""


def write(connection: Connection, database: str, mark: str) -> None:
    """Put the mark on a database that dryfit has just created."""
    if not mark.isalnum():
        raise ValueError("a mark consists of letters and digits")
    connection.execute(f"COMMENT ON DATABASE {identifier(database)} IS '{PREFIX}{mark}'".encode())


def prove(connection: Connection, mark: str, database: str = "") -> None:
    """Raise ``ResourceError`` unless the database (by default the connection's own) bears this very mark."""
    row = connection.execute(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = coalesce(nullif(%s, ''), current_database())",
        [database],
    ).fetchone()
    name, comment = row or (database, None)
    if not mark or comment != f"{PREFIX}{mark}":
        raise ResourceError(
            f"database {name}: does not bear dryfit's mark, so nothing in it is touched;"
            " let dryfit create a database of its own",
            slug="guard",
        )


def is_own_server(connection: Connection, mark: str) -> bool:
    """Whether the server was started by dryfit with this mark."""
    row = connection.execute("SELECT current_setting(%s, true)", [SETTING]).fetchone()
    return bool(mark) and row is not None and row[0] == mark
