"""The keys of a worker's Redis database go back to what they were, of every type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dryfit.model.resource import Declaration, Endpoint
from dryfit.model.target import Target
from dryfit.resources import redis_rewind
from dryfit.resources.digest.redis import read
from dryfit.resources.guard import redis as guard
from dryfit.resources.kind import Kind
from dryfit.resources.kinds.redis import RedisDatabase, kind

redis = pytest.importorskip("redis")


@pytest.fixture(params=[True, False], ids=["own server", "existing server"])
def database(request, serve: Callable[[Kind], Endpoint]) -> Iterator[RedisDatabase]:
    endpoint = serve(kind)
    if not request.param:
        password = endpoint.mark
        endpoint = Endpoint(endpoint.host, endpoint.port, password=password)
    with closing(kind.open(Declaration("cache", "redis"), endpoint, Path(), "a")) as found:
        yield found


@pytest.fixture
def client(database: RedisDatabase) -> Iterator[redis.Redis]:
    with closing(redis.Redis.from_url(database.handle.url)) as found:
        yield found


def test_keys_of_all_types_go_back(database, client):
    client.set("text", b"\xff\x00")
    client.rpush("list", "a", "b")
    client.hset("hash", mapping={"x": 1})
    client.sadd("set", "m")
    client.zadd("sorted", {"m": 1.5})
    client.xadd("stream", {"x": 1}, id="1-1")
    client.set("short-lived", "v", px=600_000)
    then = read(database.handle.url, "").contents
    rewind = database.rewind()
    assert rewind.take() == ""
    for _ in range(2):
        client.set("text", "other")
        client.lpop("list")
        client.delete("hash", "set", "stream")
        client.zincrby("sorted", 1, "m")
        client.persist("short-lived")
        client.set("new", "v")
        assert rewind.back() == ""
        assert read(database.handle.url, "").contents == then
        assert 0 < client.pttl("short-lived") <= 600_000


def test_nothing_to_put_back(database, client):
    rewind = database.rewind()
    assert (rewind.take(), rewind.back()) == ("", "")
    assert client.dbsize() == database._count() + client.exists(guard.KEY)


def test_a_database_with_many_keys_is_not_remembered(database, client, monkeypatch):
    monkeypatch.setattr(redis_rewind, "MOST_KEYS", 1)
    client.mset({"a": 1, "b": 2})
    assert database.rewind().take().endswith("it has more than 1 keys")


def test_a_database_without_its_mark_is_left_alone(database, client):
    rewind = database.rewind()
    client.set("kept", "v")
    assert rewind.take() == ""
    identity = rewind._mark.identity
    guard.register.forget(rewind._mark)
    client.set("kept", "w")
    assert "register does not hold its mark" in rewind.back()
    assert client.get("kept") == b"w"
    guard.register.enter(identity, rewind._mark.token)


def test_the_programs_connection_is_known_by_the_server_at_its_end(database):
    handle = database.handle
    address = handle.url.replace(handle.host, "localhost")
    assert database.serves(Target("redis", "db", address))
    assert not database.serves(Target("redis", "db", address.rpartition("/")[0] + "/0"))
    assert not database.serves(Target("redis", "db", "redis://localhost:1/0"))
    assert not database.serves(Target("sqlite", "db", "data.db"))
