"""Servers that are reached by TLS, with a certificate that only the URL makes trustworthy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.model.target import Target
from dryfit.resources.environment import Environment
from dryfit.resources.providers.url import endpoint_of
from dryfit.weave import Weave


def declared(url: str, kind: str, **options: object) -> Declaration:
    return Declaration("service", kind, "url", options={"url": url, **options})


@pytest.fixture
def told(tmp_path: Path) -> Iterator[list[Target]]:
    """Where connections lead, as weaving sees it."""
    weave, told = Weave(tmp_path, {}, {}), list[Target]()
    weave.connections.used = told.append
    weave.put_in()
    yield told
    weave.take_out()


@pytest.mark.parametrize(
    ("url", "kind", "endpoint"),
    [
        (
            "postgresql://db/app?sslmode=verify-full&sslrootcert=/ca.pem",
            "postgres",
            Endpoint(
                "db",
                5432,
                database="app",
                parameters=(("sslmode", "verify-full"), ("sslrootcert", "/ca.pem")),
            ),
        ),
        (
            "rediss://cache?ssl_cert_reqs=none",
            "redis",
            Endpoint("cache", 6379, tls=True, parameters=(("ssl_cert_reqs", "none"),)),
        ),
        ("amqps://mq", "rabbitmq", Endpoint("mq", 5671, tls=True)),
    ],
)
def test_what_an_encrypted_url_says(url: str, kind: str, endpoint: Endpoint) -> None:
    assert endpoint_of(url, declared(url, kind)) == endpoint


@pytest.mark.parametrize(
    ("url", "kind", "allowed"),
    [
        ("redis://cache?ssl_cert_reqs=none", "redis", "none"),
        ("rediss://cache?db=3", "redis", "ssl_ca_certs, ssl_cert_reqs"),
        ("amqps://mq?cafile=/ca.pem", "rabbitmq", "none"),
        ("postgresql://db?sslmode=require&options=-csearch_path%3Dx", "postgres", "channel_binding"),
    ],
)
def test_what_is_not_about_encryption_is_refused(url: str, kind: str, allowed: str) -> None:
    with pytest.raises(
        ResourceError, match=rf"parameters that are not understood \(.*\); allowed: {allowed}"
    ):
        endpoint_of(url, declared(url, kind))


def test_postgresql_by_tls(
    encrypted_postgres: int, certificate: Path, tmp_path: Path, told: list[Target]
) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE cups (id serial); INSERT INTO cups DEFAULT VALUES")
    server = f"postgresql://owner@127.0.0.1:{encrypted_postgres}/postgres"
    trusted = f"sslmode=verify-full&sslrootcert={certificate / 'cert.pem'}"
    declaration = declared(f"{server}?{trusted}", "postgres", schema="schema.sql")
    with Environment([declaration], tmp_path, "dryfit_tls") as environment:
        resource = environment.open("service")
        with psycopg.connect(resource.handle.url, autocommit=True) as connection:
            assert connection.pgconn.ssl_in_use
            connection.execute("INSERT INTO cups DEFAULT VALUES")
        assert resource.serves(told[-1])
        assert [leftover.count for leftover in resource.clean()] == [1]
    # Somebody else's certificate, as far as the system's authorities know.
    stranger = declared(f"{server}?sslmode=verify-full&sslrootcert=system", "postgres")
    with pytest.raises(ResourceError, match="no postgres answers"):
        Environment([stranger], tmp_path, "dryfit_tls").open("service")


def test_redis_by_tls(encrypted_redis: int, certificate: Path, tmp_path: Path, told: list[Target]) -> None:
    redis = pytest.importorskip("redis")
    server = f"rediss://127.0.0.1:{encrypted_redis}"
    trusted = f"ssl_ca_certs={certificate / 'cert.pem'}&ssl_check_hostname=true"
    with Environment([declared(f"{server}?{trusted}", "redis")], tmp_path, "dryfit_tls") as environment:
        resource = environment.open("service")
        assert resource.handle.url == f"{server}/{resource.handle.database}?{trusted.replace('/', '%2F')}"
        with redis.Redis.from_url(resource.handle.url) as client:
            client.set("basket", "full")
        assert resource.serves(told[-1])
        assert [leftover.place for leftover in resource.clean()] == ["basket (string)"]
    with pytest.raises(ResourceError, match="no redis answers"):
        Environment([declared(server, "redis")], tmp_path, "dryfit_tls").open("service")
