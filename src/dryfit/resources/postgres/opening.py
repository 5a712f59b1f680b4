"""Gives a worker its database: on a server of dryfit's own, or beside the databases of an existing one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint, Handle, Resource
from dryfit.resources import database_clock
from dryfit.resources.guard import postgres as mark
from dryfit.resources.postgres import databases, schema, wal
from dryfit.resources.postgres.adopted import AdoptedDatabase
from dryfit.resources.postgres.connect import MAINTENANCE, answers, connect, identifier, url
from dryfit.resources.postgres.database import Database, Site
from dryfit.resources.postgres.options import Options
from dryfit.resources.postgres.programs import Programs
from dryfit.resources.postgres.shared import SharedDatabase, SharedThere, alone
from dryfit.resources.postgres.sources import Sources

if TYPE_CHECKING:
    from dryfit.resources.postgres.connect import Connection

# A sequence writes to the log once for 32 numbers; set like this, it does so at the next one.
_RESET_SEQUENCES = """
SELECT format('SELECT setval(%L, last_value, is_called) FROM %s', c.oid::regclass, c.oid::regclass)
FROM pg_class c WHERE c.relkind = 'S'
"""


def fill(endpoint: Endpoint, sources: Sources, programs: Programs) -> frozenset[int]:
    """Make a new server ready to be kept: its password, the seeded database, and one copy laid aside.

    Returns the oids of the databases from which others are copied: the first worker needs none of them.
    """
    with connect(endpoint, MAINTENANCE) as control:
        control.execute(f"ALTER ROLE {identifier(endpoint.user)} PASSWORD '{endpoint.password}'".encode())
        wal.is_readable(control)
        token = secrets.token_hex(16)
        _make_seed(control, endpoint, seed_of(sources), token, sources, programs)
        databases.fill_pool(control, token, seed_of(sources))
        return databases.patterns(control, seed_of(sources))


def seed_of(sources: Sources) -> str:
    """The name of the database that has a project's schema and seed."""
    return f"{databases.SEED}_{sources.fingerprint()[:12]}"


def _shared_name(sources: Sources, endpoint: Endpoint) -> str:
    return databases.shared_name(sources.fingerprint(), sources.root, endpoint.mark)


def open_database(name: str, options: Options, endpoint: Endpoint, space: str) -> Resource:
    """The worker's database of a resource of that name; raises ``ResourceError`` where there can be none."""
    maintenance = endpoint.database or MAINTENANCE
    with connect(endpoint, maintenance) as control:
        own = databases.name_of(f"{space}_{name}")
        if mark.is_own_server(control, endpoint.mark):
            return _open_here(name, own, options, endpoint, maintenance, control)
        if token := mark.adopted(control):
            _refuse_isolation(name, options, maintenance)
            return AdoptedDatabase(_handle(name, endpoint, maintenance), endpoint, token, options.sources)
        if options.isolation == "shared":
            return _share_there(name, options, endpoint, control)
        return _open_there(name, own, options, endpoint, maintenance, control)


def _refuse_isolation(name: str, options: Options, database: str) -> None:
    if options.isolation != "recycle":
        raise ResourceError(
            f'{name}: isolation = "{options.isolation}" needs databases of dryfit\'s own, and {database} was adopted;'
            " leave isolation out, or name a server where databases may be created",
            slug="resources",
        )


def _share_there(name: str, options: Options, endpoint: Endpoint, control: Connection) -> Resource:
    """On a server that others use, too: made by the first of this user's workers, and dropped by the last."""
    shared = _shared_name(options.sources, endpoint)
    with alone(control):
        if databases.exists(control, shared):
            return SharedThere.joined(_handle(name, endpoint, shared), endpoint)
        token = secrets.token_hex(16)
        _make_seed(control, endpoint, shared, token, options.sources)
        return SharedThere(_handle(name, endpoint, shared), endpoint, token)


def _open_here(
    name: str, own: str, options: Options, endpoint: Endpoint, maintenance: str, control: Connection
) -> Resource:
    """On a server that dryfit started: all workers share the seeded database."""
    token, seed = endpoint.mark, seed_of(options.sources)
    with alone(control):
        if not databases.exists(control, seed):
            _make_seed(control, endpoint, seed, token, options.sources)
        if options.isolation == "shared":
            own = _shared_name(options.sources, endpoint)
            if not databases.exists(control, own):
                databases.claim(control, own, token, seed)
            return SharedDatabase(_handle(name, endpoint, own))
    databases.drop(control, own, token)
    databases.claim(control, own, token, seed)
    site = Site(
        endpoint=endpoint,
        standing=maintenance,
        control=maintenance,
        name=own,
        token=token,
        seed=seed,
        reads_log=wal.is_readable(control),
        always_copies=options.isolation == "clone",
    )
    return _database(name, site, options)


def _open_there(
    name: str, own: str, options: Options, endpoint: Endpoint, maintenance: str, control: Connection
) -> Resource:
    """On a server that others use, too: everything is made for this worker alone, and dropped at the end."""
    site = Site(
        endpoint=endpoint,
        standing=maintenance,
        control=f"{own}_log",
        name=own,
        token=secrets.token_hex(16),
        seed=f"{own}_seed",
        always_copies=options.isolation == "clone",
        extras=(f"{own}_seed", f"{own}_log"),
    )
    try:
        _make_seed(control, endpoint, site.seed, site.token, options.sources)
        databases.copy(control, own, site.token, site.seed)
        databases.create(control, site.control, site.token)
        with connect(endpoint, site.control) as reader:
            site = replace(site, reads_log=wal.is_readable(reader))
        return _database(name, site, options)
    except BaseException:
        for made in (own, *site.extras):
            databases.drop(control, made, site.token)
        raise


def _database(name: str, site: Site, options: Options) -> Resource:
    handle = _handle(name, site.endpoint, site.name)
    if options.isolation == "rollback":
        from dryfit.resources.postgres.rolled_back import RolledBackDatabase

        return RolledBackDatabase(handle, site)
    clock = database_clock.PostgresClock(handle.url) if options.sources.clock else None
    return Database(handle, site, clock)


def _handle(name: str, endpoint: Endpoint, database: str) -> Handle:
    return Handle(
        name=name,
        kind="postgres",
        url=url(endpoint, database),
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=database,
    )


def _make_seed(
    control: Connection,
    endpoint: Endpoint,
    name: str,
    token: str,
    sources: Sources,
    programs: Programs | None = None,
) -> None:
    """Make the seeded database; it gets its name when it is complete."""
    part = f"dryfit_part_{secrets.token_hex(8)}"
    databases.create(control, part, token)
    try:
        schema.apply(sources, endpoint, part, programs)
        with connect(endpoint, part) as connection:
            if sources.clock:
                database_clock.install(connection)
            for (statement,) in answers(connection, _RESET_SEQUENCES.encode())[0]:
                connection.execute(statement or b"")
            connection.execute("VACUUM (FREEZE, ANALYZE)")
    except BaseException:
        databases.drop(control, part, token)
        raise
    control.execute(f"ALTER DATABASE {identifier(part)} RENAME TO {identifier(name)}".encode())
