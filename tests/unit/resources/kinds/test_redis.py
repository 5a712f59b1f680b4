"""A logical database a worker: never two workers on one, empty after every test."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Leftover
from dryfit.resources.kind import Kind
from dryfit.resources.kinds.redis import LOOKED_AT, RedisDatabase, kind

redis = pytest.importorskip("redis")
HOLDER = """
import sys
from pathlib import Path
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kinds.redis import kind
port, mark = sys.argv[1:]
database = kind.open(Declaration("cache", "redis"), Endpoint("127.0.0.1", int(port), mark=mark), Path("."), "holder")
database._data.set("left", "behind")
print(database.handle.database, flush=True)
sys.stdin.read()
"""


CACHE = Declaration("cache", "redis", env=("CACHE_URL",))


@pytest.fixture
def endpoint(serve: Callable[[Kind], Endpoint]) -> Endpoint:
    return serve(kind)


@pytest.fixture
def database(endpoint: Endpoint) -> Iterator[RedisDatabase]:
    with closing(opened(endpoint, "one")) as database:
        yield database


def opened(endpoint: Endpoint, space: str) -> RedisDatabase:
    return kind.open(CACHE, endpoint, Path(), space)


def client_of(database: RedisDatabase) -> Any:
    return redis.Redis.from_url(database.handle.url)


def test_a_test_gets_an_empty_database_and_its_url(database: RedisDatabase) -> None:
    with client_of(database) as client:
        assert client.dbsize() == 0
        assert client.connection_pool.connection_kwargs["db"] == int(database.handle.database) > 0


def test_clean_tells_what_was_left_by_pattern_and_type(database: RedisDatabase) -> None:
    with client_of(database) as client:
        for number in range(4):
            client.set(f"user:{number}", "x")
        client.hset("session:0123456789abcdef", "user", "1")
        assert database.clean() == (
            Leftover("cache", "session:* (hash)", "keys added", 1, ("session:0123456789abcdef",)),
            Leftover("cache", "user:* (string)", "keys added", 4, ("user:0", "user:1", "user:2")),
        )
        assert client.dbsize() == 0
    assert database.clean() == ()


def test_of_very_many_keys_the_rest_is_counted(database: RedisDatabase) -> None:
    with client_of(database) as client:
        client.mset({f"k{number}": "" for number in range(LOOKED_AT + 7)})
        left = database.clean()
        assert [leftover.count for leftover in left] == [LOOKED_AT, 7]
        assert client.dbsize() == 0


def test_one_workers_clean_leaves_the_others_keys_alone(database: RedisDatabase, endpoint: Endpoint) -> None:
    with closing(opened(endpoint, "two")) as other, client_of(other) as theirs, client_of(database) as ours:
        theirs.set("theirs", 1)
        ours.set("ours", 1)
        database.clean()
        assert theirs.get("theirs") == b"1"


def test_workers_that_start_together_never_share_a_database(endpoint: Endpoint) -> None:
    with ThreadPoolExecutor(12) as pool:
        databases = list(pool.map(lambda number: opened(endpoint, f"worker{number}"), range(12)))
    numbers = [database.handle.database for database in databases]
    for database in databases:
        database.close()
    assert len(set(numbers)) == 12


def test_a_killed_workers_database_is_given_on_and_is_empty(endpoint: Endpoint) -> None:
    command = [sys.executable, "-c", HOLDER, str(endpoint.port), endpoint.mark]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        number = holder.stdout.readline().strip()
        with closing(opened(endpoint, "meanwhile")) as other:
            assert other.handle.database != number
        holder.kill()
    with closing(opened(endpoint, "next")) as following, client_of(following) as client:
        assert following.handle.database == number
        assert client.dbsize() == 0


def test_a_test_cannot_empty_the_other_workers_databases(database: RedisDatabase) -> None:
    with client_of(database) as client, pytest.raises(redis.exceptions.NoPermissionError):
        client.flushall()


def test_on_an_existing_server_only_an_empty_database_is_taken(
    endpoint: Endpoint, database: RedisDatabase
) -> None:
    with client_of(database) as client:
        client.set("of", "somebody")
        foreign = Endpoint(endpoint.host, endpoint.port, password=endpoint.mark)
        with closing(opened(foreign, "one")) as taken, client_of(taken) as ours:
            assert taken.handle.database != database.handle.database
            assert taken.clean() == ()
            ours.set("k", "v")
            assert [leftover.place for leftover in taken.clean()] == ["k (string)"]
            number = taken.handle.database
            assert client.get("of") == b"somebody"
        client.select(int(number))
        assert client.dbsize() == 0


def test_a_database_that_lost_its_mark_on_an_existing_server_is_left_as_it_is(endpoint: Endpoint) -> None:
    foreign = Endpoint(endpoint.host, endpoint.port, password=endpoint.mark)
    database = opened(foreign, "one")
    with client_of(database) as client:
        client.flushdb()
        client.set("of", "somebody")
        with pytest.raises(ResourceError, match="nothing was changed"):
            database.clean()
        assert client.get("of") == b"somebody"
        client.flushdb()
    database.close()


def test_a_server_with_another_password_is_not_taken_for_ours(endpoint: Endpoint) -> None:
    assert kind.is_ready(endpoint)
    assert not kind.is_ready(Endpoint(endpoint.host, endpoint.port, mark="another"))
    assert not kind.is_ready(Endpoint("127.0.0.1", 1, mark=endpoint.mark))


def test_where_no_program_is_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    monkeypatch.setattr("dryfit.resources.kinds.redis.find_spec", lambda name: None)
    with pytest.raises(ResourceError, match="apt-get install redis-server"):
        kind.launch(CACHE, Path())
