"""PostgreSQL: a database for each worker, as seeded when a test starts."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Resource
from dryfit.resources.kind import Container, Launch
from dryfit.resources.postgres import cluster, options, programs
from dryfit.resources.postgres.connect import MAINTENANCE, connect, driver
from dryfit.resources.postgres.sources import Sources


class PostgresKind:
    """A server from a cached copy of the migrated and seeded data directory."""

    has_server = True
    options = options.OPTIONS

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """How to run it here; ``ResourceError`` where PostgreSQL's programs or files of the schema are missing."""
        given = options.read(declaration, root)
        found = programs.find(given.version)
        wanted = cluster.Cluster(
            programs=found,
            content=given.sources.fingerprint(),
            fill=partial(_fill, sources=given.sources, programs=found),
            settings=given.settings,
        )
        return Launch(
            key=f"postgres {wanted.key} {root}",  # to keep or end the server of one checkout is no matter of another
            command=cluster.command(found),
            prepare=wanted.prepare,
            complete=wanted.complete,
            endpoint=cluster.endpoint,
            is_ready=cluster.is_ready,
            stop_signal="SIGQUIT",  # its directory goes with it: nothing needs to be written down
            unprivileged=True,
            in_memory=True,
        )

    def container(self, declaration: Declaration) -> Container:
        """The official image."""
        version = str(declaration.options.get("version", "18"))
        # The mark in its name proves the server to be ours, so that all workers share one seeded database.
        settings = {**cluster.SETTINGS, "listen_addresses": "*", "cluster_name": "dryfit {mark}"}
        return Container(
            image=f"postgres:{version}",
            port=5432,
            environment={
                "POSTGRES_USER": cluster.USER,
                "POSTGRES_PASSWORD": "{mark}",
                "POSTGRES_INITDB_ARGS": "--no-sync",
            },
            command=tuple(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            tmpfs=("/var/lib/postgresql",),
            user=cluster.USER,
            password="{mark}",
            database=MAINTENANCE,
        )

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether it takes connections."""
        driver()
        with suppress(ResourceError), connect(endpoint, endpoint.database or MAINTENANCE):
            return True
        return False

    def load(self) -> None:
        """The driver, and what cleans."""
        import_module("dryfit.resources.postgres.opening")

    def open(self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str) -> Resource:
        """Give a worker its database."""
        if endpoint is None:
            raise ResourceError(f"{declaration.name}: PostgreSQL needs a server", slug="resources")
        # Not before: whoever only starts the server, as the leader of workers, needs no driver.
        driver()
        from dryfit.resources.postgres import opening

        return opening.open_database(declaration.name, options.read(declaration, root), endpoint, space)


def _fill(endpoint: Endpoint, sources: Sources, programs: programs.Programs) -> Collection[int]:
    driver()
    from dryfit.resources.postgres import opening

    return opening.fill(endpoint, sources, programs)


kind = PostgresKind()
