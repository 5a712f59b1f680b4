"""Which existing servers are never used for tests, whatever the configuration says: all reasons at once."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources.guard.hosts import managed
from dryfit.resources.guard.redis import Client


def refuse(endpoint: Endpoint, reasons: Iterator[str]) -> None:
    """Raise ``ResourceError`` with every reason why this server is left alone, if there is one."""
    found = list(reasons)
    if found:
        where = f"{endpoint.socket or endpoint.host}:{endpoint.port}"
        raise ResourceError(
            f"{where}: dryfit leaves this server alone: {'; '.join(found)}."
            ' Name a server for tests, or let dryfit start one (provider = "embedded")',
            slug="production-guard",
        )


def of_host(endpoint: Endpoint) -> Iterator[str]:
    """Reasons that the address alone gives."""
    if owner := managed(endpoint.socket or endpoint.host):
        yield f"it is run by {owner}"


def of_redis(client: Client) -> Iterator[str]:
    """Reasons that a Redis server gives."""
    server, replication = client.info("server"), client.info("replication")
    if "elasticache" in str(server.get("os", "")).lower() or "upstash_version" in server:
        yield "it is run by a cloud provider"
    if replication.get("role") != "master":
        yield "it is a replica"
