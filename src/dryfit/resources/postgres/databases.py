"""Creates, copies, renames and drops the databases that dryfit made itself."""

from __future__ import annotations

import re
import secrets
import socket
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.resources import places
from dryfit.resources.guard import postgres as mark
from dryfit.resources.guard.mark import text_of
from dryfit.resources.postgres.connect import driver, identifier

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

SEED = "dryfit_seed"
SHARED = "dryfit_shared"
READY = "dryfit_ready_"
LONGEST = 48
"""Bytes of a name, which may get an ending; PostgreSQL allows 63 in all."""

END_SECONDS = 5.0
POLL_SECONDS = 0.002

# Lists stand in the catalogue as they are to be written, each of their parts quoted where need be.
_SETTINGS = """
SELECT format('ALTER %%s SET %%I TO %%s',
  CASE WHEN setrole = 0 THEN format('DATABASE %%I', %(name)s::text)
       ELSE format('ROLE %%I IN DATABASE %%I', rolname, %(name)s::text) END,
  key, CASE WHEN key IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
            THEN value ELSE quote_literal(value) END)
FROM pg_database d JOIN pg_db_role_setting ON setdatabase = d.oid LEFT JOIN pg_roles r ON r.oid = setrole,
  unnest(setconfig) AS setting, split_part(setting, '=', 1) AS key, substr(setting, length(key) + 2) AS value
WHERE datname = %(seed)s
"""


def name_of(space: str) -> str:
    """The database of a worker; long names are told apart by a hash."""
    plain = re.sub(r"[^a-z0-9_]", "_", space.lower())
    plain = plain if plain.startswith("dryfit_") else f"dryfit_{plain}"
    if len(plain) <= LONGEST:
        return plain
    return f"{plain[: LONGEST - 9]}_{sha256(space.encode()).hexdigest()[:8]}"


def shared_name(content: str, root: Path, server: str) -> str:
    """The database that this user's workers share in a checkout of a project, for schema and seed of that hash.

    A server of dryfit's own may be known by its address alone as well: of another mark, another name.
    """
    # Others of the server cannot prove it to be theirs: of another state directory, another name.
    whose = sha256(f"{socket.gethostname()} {places.state()} {root} {server}".encode()).hexdigest()
    return f"{SHARED}_{content[:12]}_{whose[:12]}"


def exists(connection: Connection, name: str) -> bool:
    """Whether the server has a database of this name."""
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def create(connection: Connection, name: str, token: str) -> None:
    """An empty database with dryfit's mark."""
    connection.execute(f"CREATE DATABASE {identifier(name)} TEMPLATE template0".encode())
    mark.write(connection, name, token)


def copy(connection: Connection, name: str, token: str, seed: str) -> None:
    """A copy of a seeded database with dryfit's mark."""
    # Copying files beats logging each page, and leaves nothing in the log for others to read through.
    strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
    connection.execute(f"CREATE DATABASE {identifier(name)} TEMPLATE {identifier(seed)}{strategy}".encode())
    # What the schema has set for its database is no part of what PostgreSQL copies.
    for (statement,) in connection.execute(_SETTINGS, {"name": name, "seed": seed}).fetchall():
        connection.execute(str(statement).encode())
    mark.write(connection, name, token)


def patterns(connection: Connection, seed: str) -> frozenset[int]:
    """The oids of the databases that others are copied from: PostgreSQL's own, and the seeded one."""
    query = "SELECT oid FROM pg_database WHERE datistemplate OR datname = %s"
    return frozenset(int(str(row[0])) for row in connection.execute(query, [seed]))


def fill_pool(connection: Connection, token: str, seed: str) -> None:
    """Lay one more ready copy aside."""
    copy(connection, _ready_prefix(seed) + secrets.token_hex(8), token, seed)


def claim(connection: Connection, name: str, token: str, seed: str) -> None:
    """Make a ready copy the database of this name, or copy the seeded one where none is ready."""
    for waiting in ready(connection, token, seed):
        try:
            connection.execute(f"ALTER DATABASE {identifier(waiting)} RENAME TO {identifier(name)}".encode())
        except (driver().errors.InvalidCatalogName, driver().errors.ObjectInUse):
            continue  # another worker was faster
        mark.write(connection, name, token)
        return
    copy(connection, name, token, seed)


def drop(connection: Connection, name: str, token: str) -> None:
    """Drop a database that bears the mark, whoever is connected to it; one that is gone already is no error."""
    mark.drop(connection, name, token)


def put_aside(connection: Connection, name: str, token: str) -> str:
    """End all connections to a marked database and give it another name, which is returned, to be dropped later."""
    mark.prove(connection, token, name)
    aside = f"dryfit_old_{secrets.token_hex(8)}"
    connection.execute(f"ALTER DATABASE {identifier(name)} ALLOW_CONNECTIONS false".encode())
    deadline = time.monotonic() + END_SECONDS
    while True:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            connection.execute(f"ALTER DATABASE {identifier(name)} RENAME TO {identifier(aside)}".encode())
        except driver().errors.ObjectInUse as error:
            if time.monotonic() > deadline:
                raise ResourceError(
                    f"database {name}: connections to it do not end: {error}", slug="resources"
                ) from None
            time.sleep(POLL_SECONDS)
        else:
            return aside


def ready(connection: Connection, token: str, seed: str) -> list[str]:
    """Copies of a seeded database laid aside: that bear the mark, or came with a server that is dryfit's own."""
    own = mark.is_own_server(connection, token)
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        " AND (%s OR shobj_description(oid, 'pg_database') = %s)",
        [_ready_prefix(seed), own, text_of(token)],
    )
    return [str(row[0]) for row in rows]


def _ready_prefix(seed: str) -> str:
    """How the names of copies begin that are of this seeded database, and of no earlier one."""
    return f"{READY}{sha256(seed.encode()).hexdigest()[:12]}_"
