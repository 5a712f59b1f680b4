"""A server that runs already, named by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.guard import owner
from dryfit.resources.kinds.postgres import kind as postgres_kind
from dryfit.resources.kinds.redis import kind as redis_kind
from dryfit.resources.postgres import databases
from dryfit.resources.providers.url import endpoint_of, provider, url_of
from dryfit.resources.registry import problems

KINDS = {"postgres": postgres_kind, "redis": redis_kind}


def declared(url: object, kind: str = "postgres") -> Declaration:
    return Declaration("database", kind, "url", options={} if url is None else {"url": url})


@contextmanager
def provided(url: object, kind: str = "postgres") -> Iterator[Endpoint]:
    with provider.provide(KINDS[kind], declared(url, kind), Path.cwd()) as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    ("url", "kind", "endpoint"),
    [
        ("postgresql://u:p%40ss@db/app", "postgres", Endpoint("db", 5432, "", "u", "p@ss", "app")),
        ("postgres://db:6543", "postgres", Endpoint("db", 6543)),
        ("postgresql+psycopg://[::1]/app", "postgres", Endpoint("::1", 5432, database="app")),
        (
            "postgresql:///app?host=/run/pg",
            "postgres",
            Endpoint("localhost", 5432, "/run/pg", database="app"),
        ),
        ("redis://:secret@cache/3", "redis", Endpoint("cache", 6379, password="secret", database="3")),
        ("mysql+pymysql://u@db/app", "mysql", Endpoint("db", 3306, user="u", database="app")),
        ("amqp://guest@mq", "rabbitmq", Endpoint("mq", 5672, user="guest")),
        ("nats://bus", "nats", Endpoint("bus", 4222)),
    ],
)
def test_what_a_url_says(url: str, kind: str, endpoint: Endpoint) -> None:
    assert endpoint_of(url, declared(url, kind)) == endpoint


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://cache", "begins with redis://; allowed: postgresql://, postgres://"),
        ("postgresql:///app", "names no host; what PGHOST"),
        ("postgresql://", "names no host"),
        ("postgresql://one:1,two:2/app", "names several hosts"),
        ("postgresql:///app?service=production", "has parameters that are not understood"),
        ("postgresql:///app?host=production.example", "has parameters that are not understood"),
        ("postgresql://localhost/app?hostaddr=192.0.2.1", "has parameters that are not understood"),
        ("postgresql://localhost:99999/app", "has a port that is no number"),
    ],
)
def test_what_a_url_must_not_say(url: str, why: str) -> None:
    with pytest.raises(ResourceError, match=f"^database: url: {why}"):
        endpoint_of(url, declared(url))


def test_a_variable_may_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://db")
    assert url_of(declared({"env": "TEST_DATABASE_URL"})) == "postgresql://db"
    monkeypatch.delenv("TEST_DATABASE_URL")
    with pytest.raises(ResourceError, match="the variable TEST_DATABASE_URL is not set"):
        url_of(declared({"env": "TEST_DATABASE_URL"}))


def test_without_a_url_it_says_what_is_missing() -> None:
    with pytest.raises(ResourceError, match="needs the key url"):
        url_of(declared(None))


@pytest.mark.parametrize("url", ["localhost", 5432, ["postgresql://db"], {"variable": "X"}, {"env": 1}])
def test_the_key_is_checked_with_the_rest_of_the_configuration(url: object) -> None:
    assert [text for text in problems(declared(url)) if "allowed: a URL" in text]
    assert not [text for text in problems(declared("postgresql://db")) if "url" in text]


def test_a_server_that_does_not_answer_is_named(pg) -> None:
    with (
        pytest.raises(ResourceError, match=r"no postgres answers at 127\.0\.0\.1:1"),
        provided("postgresql://127.0.0.1:1"),
    ):
        pytest.fail("it was provided")


def test_a_worker_gets_a_database_of_its_own_that_is_gone_at_the_end(pg, tmp_path: Path) -> None:
    before = pg.databases()
    with provided(pg.url()) as endpoint:
        assert endpoint.mark == ""
        resource = postgres_kind.open(declared(pg.url()), endpoint, tmp_path, "dryfit_1_gw0")
        assert resource.handle.database.startswith("dryfit_")
        assert resource.handle.database in pg.databases()
        resource.clean()
        resource.close()
    assert pg.databases() == before
    assert pg.rows() == 7


def test_what_a_killed_run_left_is_removed_by_the_next(pg, admin, monkeypatch: pytest.MonkeyPatch) -> None:
    databases.create(admin, "dryfit_left", "ab" * 16)
    pg.fill("dryfit_named_by_the_user")
    monkeypatch.setattr(owner.Owner, "lives", False)
    with provided(pg.url()):
        assert "dryfit_left" not in pg.databases()
    assert pg.rows("dryfit_named_by_the_user") == 7


@pytest.mark.parametrize(
    ("statement", "undo", "why"),
    [
        (
            "CREATE ROLE rds_superuser",
            "DROP ROLE rds_superuser",
            r"roles of a cloud provider \(rds_superuser\)",
        ),
        ("ALTER ROLE guest SET default_transaction_read_only = on", "SELECT 1", "it is read-only"),
        ("ALTER DATABASE app SET default_transaction_read_only = on", "SELECT 1", "it is read-only"),
        ("ALTER ROLE guest NOCREATEDB", "SELECT 1", "its user may not create databases"),
    ],
)
def test_a_server_that_must_not_be_used(pg, admin, statement: str, undo: str, why: str) -> None:
    admin.execute("DROP ROLE IF EXISTS guest")
    admin.execute("CREATE ROLE guest LOGIN CREATEDB")
    admin.execute(statement)
    try:
        with pytest.raises(ResourceError, match=why), provided(pg.url(user="guest")):
            pytest.fail("it was provided")
    finally:
        admin.execute(undo)
    assert pg.rows() == 7


@pytest.mark.parametrize("variable", ["PGHOSTADDR", "PGSERVICE"])
def test_what_would_lead_libpq_elsewhere_is_refused(
    pg, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with monkeypatch.context() as changed:
        changed.setenv(variable, "192.0.2.1")
        with pytest.raises(ResourceError, match=f"{variable} is set, and leads"), provided(pg.url()):
            pytest.fail("it was provided")


def test_a_database_in_use_is_left_alone_and_the_maintenance_database_is_not(pg) -> None:
    with pg.connect():
        with (
            pytest.raises(ResourceError, match="its database app is in use by 1 other client"),
            provided(pg.url()),
        ):
            pytest.fail("it was provided")
        with provided(pg.url("postgres")) as endpoint:
            assert endpoint.port == pg.port


def test_redis_is_used_unless_it_is_a_replica(redis_url: str, tmp_path: Path) -> None:
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_url) as client:
        with provided(redis_url, "redis") as endpoint:
            resource = redis_kind.open(declared(redis_url, "redis"), endpoint, tmp_path, "dryfit_1_gw0")
            assert resource.handle.database != "0"
            resource.close()
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(ResourceError, match="it is a replica"), provided(redis_url, "redis"):
            pytest.fail("it was provided")
        client.replicaof("NO", "ONE")
        assert client.dbsize() == 7
