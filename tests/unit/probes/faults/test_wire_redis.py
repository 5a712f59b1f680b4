"""A real Redis behind a wire that fails: what redis-py does by itself about a lost reply."""

from __future__ import annotations

import asyncio
import inspect
import time

import pytest

redis = pytest.importorskip("redis")
from redis.asyncio.retry import Retry as AsyncRetry  # noqa: E402 - where there is a redis
from redis.backoff import ConstantBackoff, NoBackoff  # noqa: E402
from redis.retry import Retry  # noqa: E402

COMMAND, PIPELINE = "redis.Redis.execute_command", "redis.Pipeline.execute"


class Sync:
    library, retry = redis, Retry


class Async:
    library, retry = redis.asyncio, AsyncRetry


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["unix", "tcp"])
def address(request, redis_socket, wire):
    """Where Redis listens: its socket, or a port."""
    return {"unix_socket_path": redis_socket} if request.param else {"port": wire(redis_socket).port}


@pytest.fixture
def value(redis_socket):
    """Reads a counter past the wire; there is none at first."""
    with redis.Redis(unix_socket_path=redis_socket, db=1) as direct:
        direct.flushdb()
        yield lambda: int(direct.get("k") or 0)


async def done(value):
    return await value if inspect.isawaitable(value) else value


def retries(kind, times, wait=None):
    return kind.retry(wait or NoBackoff(), times)


def count(kind, bench, address, retry, is_pipeline=False, is_connected=True, **options):
    """What the component gets for counting up over the wire that fails: a value, or an exception."""

    async def counted():
        client = kind.library.Redis(**address, db=1, retry=retry, **options)
        if is_connected:
            await done(client.ping())
        commands = client.pipeline().incr("k") if is_pipeline else None

        def incr():
            return commands.execute() if is_pipeline else client.incr("k")

        async def aincr():
            return await incr()

        try:
            return await bench.call(incr if kind is Sync else aincr)
        except redis.RedisError as error:
            return error
        finally:
            await done(client.aclose() if kind is Async else client.close())

    return asyncio.run(counted())


@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "connects"])
@pytest.mark.parametrize("is_pipeline", [True, False], ids=["pipeline", "command"])
def test_a_lost_reply_is_counted_twice(faulty, kind, address, value, is_pipeline, is_connected):
    with faulty(PIPELINE if is_pipeline else COMMAND, "after", "wire-reply-lost") as bench:
        told = count(kind, bench, address, retries(kind, 3), is_pipeline, is_connected)
    assert told == ([2] if is_pipeline else 2)
    assert value() == 2
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 1)
    assert ("after", "wire-reply-lost") in bench.slugs_on_wire(PIPELINE if is_pipeline else COMMAND)


def test_without_retries_it_is_counted_once_and_fails(faulty, kind, address, value):
    with faulty(COMMAND, "after", "wire-reply-lost") as bench:
        error = count(kind, bench, address, None)
    assert isinstance(error, redis.ConnectionError)
    assert value() == 1
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 0)


def test_the_wait_before_another_try_is_left_out(faulty, kind, address, value):
    begun = time.monotonic()
    with faulty(COMMAND, "after", "wire-reply-lost") as bench:
        told = count(kind, bench, address, retries(kind, 1, ConstantBackoff(60)))
    assert time.monotonic() - begun < 30
    assert (told, value(), bench.repeats) == (2, 2, 1)


def test_a_late_reply_is_counted_twice_and_not_waited_for(faulty, address, value):
    begun = time.monotonic()
    with faulty(COMMAND, "after", "wire-timeout") as bench:
        told = count(Sync, bench, address, retries(Sync, 1), socket_timeout=60)
    assert time.monotonic() - begun < 30
    assert (told, value()) == (2, 2)
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 1)
    assert ("after", "wire-timeout") in bench.slugs_on_wire(COMMAND)


def test_a_late_reply_comes_all_the_same_where_there_is_no_limit(faulty, address, value):
    with faulty(COMMAND, "after", "wire-timeout") as bench:
        told = count(Sync, bench, address, retries(Sync, 1), socket_timeout=None)
    assert (told, value()) == (1, 1)
    assert (bench.fired, bench.why) == (0, "the client would wait for a reply for ever")
    assert bench.slugs_on_wire(COMMAND) == [("after", "wire-reply-lost")]


@pytest.mark.parametrize("slug", ["wire-cut", "wire-refused"])
@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "connects"])
def test_a_request_that_does_not_arrive_is_repeated_without_harm(
    faulty, kind, address, value, slug, is_connected
):
    with faulty(COMMAND, "before", slug) as bench:
        told = count(kind, bench, address, retries(kind, 3), is_connected=is_connected)
    assert (told, value()) == (1, 1)
    assert (bench.fired, bench.why) == (1, "")


def test_a_question_counts_for_nothing(faulty, address, value):
    with (
        faulty(COMMAND, "after", "wire-reply-lost") as bench,
        redis.Redis(**address, db=1) as client,
    ):
        assert bench.store.call(lambda: client.get("k")) is None
    assert (bench.fired, bench.why) == (0, "no exchange that changes something was seen within the call")
    assert bench.slugs_on_wire(COMMAND) == []


def test_a_connection_goes_on_through_a_relay_that_had_nothing_to_do(faulty, kind, address, value):
    async def used():
        client = kind.library.Redis(**address, db=1)
        await done(client.ping())
        with faulty(COMMAND, "after", "wire-reply-lost") as bench:

            async def get():
                return await client.get("k")

            await bench.call((lambda: client.get("k")) if kind is Sync else get)
        told = [await done(client.incr("k")) for _ in range(3)]
        await done(client.aclose() if kind is Async else client.close())
        return told

    assert asyncio.run(used()) == [1, 2, 3]
