"""What every driver connects to is found, and can be read by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from dryfit.model.target import Target
from dryfit.resources.digest.reader import read
from dryfit.weave import Weave


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[list[Target]]:
    """The targets that are told while a program is woven."""
    weave, told = Weave(tmp_path, {}, {}), []
    weave.connections.used = told.append
    weave.put_in()
    yield told
    weave.take_out()
    assert weave.failures == ()


@pytest.fixture
def filled(database: str) -> str:
    """A database with one table."""
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    return database


def places(target: Target) -> list[str]:
    digest = read(target)
    assert digest.skipped == ()
    return [contents.place for contents in digest.contents]


def test_psycopg(filled, watched):
    with psycopg.connect(filled) as connection:
        opened = len(watched)
        connection.execute("SELECT 1")
    target = watched[0]
    assert set(watched) == {target}
    assert len(watched) > opened
    assert target.kind == "postgres"
    assert target.name in filled
    assert places(target) == ["orders"]


def test_psycopg_asynchronous(filled, watched):
    async def use() -> None:
        async with await psycopg.AsyncConnection.connect(filled) as connection:
            await connection.execute("SELECT 1")

    asyncio.run(use())
    assert places(watched[0]) == ["orders"]


def test_psycopg2(filled, watched):
    psycopg2 = pytest.importorskip("psycopg2")
    with closing(psycopg2.connect(filled)):
        assert places(watched[0]) == ["orders"]


def test_asyncpg(filled, watched):
    asyncpg = pytest.importorskip("asyncpg")
    said = dict(part.split("=") for part in filled.split())

    async def use() -> None:
        connection = await asyncpg.connect(host=said["host"], user=said["user"], database=said["dbname"])
        await connection.close()

    asyncio.run(use())
    assert places(watched[0]) == ["orders"]


def test_sqlalchemy(filled, watched):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(filled))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    engine.dispose()
    assert places(watched[0]) == ["orders"]


def test_redis(redis_url, watched):
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_url) as client:
        client.set("key", "value")
    (target,) = set(watched)
    assert target.name == f"db {redis_url.partition('db=')[2]}"
    assert [row[0] for row in read(target).contents[0].rows] == ['"key"']


def test_redis_asynchronous(redis_url, watched):
    aioredis = pytest.importorskip("redis.asyncio")

    async def use() -> None:
        async with aioredis.Redis.from_url(redis_url) as client:
            await client.set("key", "value")

    asyncio.run(use())
    assert [row[0] for row in read(watched[0]).contents[0].rows] == ['"key"']


def test_dryfits_own_connections_are_not_told(filled, redis_url, watched):
    with psycopg.connect(filled) as connection:
        target = watched[0]
        before = len(watched)
        read(target)
        read(Target("redis", "db", redis_url))
        assert len(watched) == before
        connection.rollback()


def test_no_password_is_shown():
    assert "xyzzy" not in repr(Target("postgres", "shop", "password='xyzzy'"))
