"""Marks of Redis databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import owner, register
from dryfit.resources.guard import redis as guard

redis = pytest.importorskip("redis")


@pytest.fixture
def client(redis_url: str) -> Iterator[object]:
    with redis.Redis.from_url(redis_url, client_name="dryfit:test") as client:
        yield client


@pytest.fixture
def inner(redis_url: str) -> Iterator[object]:
    """Connected to the database that the tests claim."""
    with redis.Redis.from_url(redis_url, db=3, client_name="dryfit:test") as client:
        yield client


def test_an_empty_database_is_claimed_flushed_and_given_back(client, inner) -> None:
    mark = guard.claim(client, 3)
    inner.set("left", 1)
    guard.flush(client, mark)
    assert inner.keys() == [guard.KEY.encode()]
    guard.release(client, mark)
    assert inner.dbsize() == 0
    assert register.find(mark.identity, mark.token) is None


def test_a_database_of_an_own_server_shows_no_key(client, inner) -> None:
    mark = guard.claim(client, 3, own_server=True)
    assert inner.dbsize() == 0
    inner.flushall()  # by a test
    inner.set("left", 1)
    guard.flush(client, mark)
    assert inner.dbsize() == 0


def test_a_test_that_flushes_its_empty_database_takes_the_mark_and_it_comes_back(client, inner) -> None:
    mark = guard.claim(client, 3)
    inner.flushdb()
    guard.flush(client, mark)
    assert inner.keys() == [guard.KEY.encode()]


@pytest.mark.parametrize("own_server", [False, True])
def test_what_a_dead_run_left_is_cleared_and_claimed(
    client, inner, monkeypatch: pytest.MonkeyPatch, own_server: bool
) -> None:
    dead = guard.claim(client, 3, own_server=own_server)
    inner.set("left", 1)
    with pytest.raises(ResourceError, match="keys that are not dryfit's"):
        guard.claim(client, 3, own_server=own_server)  # its owner lives
    monkeypatch.setattr(owner.Owner, "lives", False)
    mark = guard.claim(client, 3, own_server=own_server)
    assert mark.token != dead.token
    assert inner.get("left") is None


def test_a_database_with_somebodys_keys_is_not_claimed(client) -> None:
    with pytest.raises(ResourceError, match="it holds 7 keys"):
        guard.claim(client, 0)
    assert client.dbsize() == 7
    assert not list(register.entries("redis", client.info("server")["run_id"]))


def test_a_database_to_which_others_are_connected_is_not_claimed(client, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, db=3) as other:
        other.ping()
        with pytest.raises(ResourceError, match="other clients are connected"):
            guard.claim(client, 3)
        guard.claim(client, 4)
