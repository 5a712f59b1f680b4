"""A Redis database is read with every type of value."""

from __future__ import annotations

import pytest
from tests.states import state

from dryfit.model.digest import diff
from dryfit.model.target import Target
from dryfit.resources.digest import redis as reader
from dryfit.resources.digest.reader import read

redis = pytest.importorskip("redis")


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as connected:
        yield connected


def test_every_type_is_read(client, redis_url):
    client.set("text", "hello", ex=100)
    client.set("bytes", b"\xff\0")
    client.rpush("list", "b", "a")
    client.sadd("set", "y", "x")
    client.zadd("zset", {"one": 1, "half": 0.5})
    client.hset("hash", mapping={"name": "Ann", "password": "xyzzy"})
    client.xadd("stream", {"n": 1}, id="1-1")
    (contents,) = reader.read(redis_url, "cache").contents
    assert {key: (kind, value) for key, kind, value, expires in contents.rows if expires == "false"} == {
        '"bytes"': ('"string"', r'"\\xff\u0000"'),
        '"list"': ('"list"', '["b", "a"]'),
        '"set"': ('"set"', '["x", "y"]'),
        '"zset"': ('"zset"', '[["half", 0.5], ["one", 1.0]]'),
        '"hash"': ('"hash"', contents.rows[1][2]),
        '"stream"': ('"stream"', '[["1-1", ["n", "1"]]]'),
    }
    assert contents.rows[1][2].startswith('{"name": "Ann", "password": "<secret ')
    assert [row[0] for row in contents.rows if row[3] == "true"] == ['"text"']


def test_a_change_is_told(client, redis_url):
    before = reader.read(redis_url, "cache")
    client.incr("visits")
    after = reader.read(redis_url, "cache")
    assert [str(change) for change in diff(before, after)] == [
        'keys: 1 row added (key="visits", type="string", value="1", expires=false)'
    ]
    client.delete("visits")
    assert state(before, after, reader.read(redis_url, "cache")) == "before"


def test_long_values_are_counted_only(client, redis_url):
    client.rpush("queue", *range(reader.MOST_ITEMS + 1))
    (contents,) = reader.read(redis_url, "cache").contents
    assert contents.rows[0][2] == f'"{reader.MOST_ITEMS + 1} items"'


def test_a_server_that_does_not_answer_is_left_out(tmp_path):
    found = read(Target("redis", "gone", f"unix://{tmp_path}/none"))
    assert [spot for spot, _ in found.skipped] == [("redis gone", "")]
