"""redis-py, synchronous and not: nobody listens any more, or the reply to a command is lost."""

from __future__ import annotations

import inspect
import re

import pytest

redis = pytest.importorskip("redis")


class Sync:
    library = redis

    def retry(self):
        return redis.retry.Retry(redis.backoff.NoBackoff(), 1)


class Async(Sync):
    @property
    def library(self):
        return pytest.importorskip("redis.asyncio")

    def retry(self):
        return pytest.importorskip("redis.asyncio.retry").Retry(redis.backoff.NoBackoff(), 1)


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request):
    return request.param()


async def done(value):
    return await value if inspect.isawaitable(value) else value


@pytest.fixture
def scenario_with(kind, wire, redis_socket, failing):
    """A scenario of one command, or of a pipeline: what it tells of the failure, and of what comes after."""

    def _scenario_with(provoke, pipeline=False, **options):
        async def scenario(call, real):
            over = wire(redis_socket)
            client = kind.library.Redis(host="127.0.0.1", port=over.port, retry=kind.retry(), **options)
            await done(client.set("k", 1))
            commands = client.pipeline().incr("k") if pipeline else None

            def incr():
                return commands.execute() if pipeline else client.incr("k")

            async def aincr():
                return await incr()

            if real:
                provoke(over)
            error = await failing(call(aincr if kind.library is not redis else incr))
            told = {
                "class": f"{type(error).__module__}.{type(error).__qualname__}",
                "text": told_of(error),
                "queued": len(commands.command_stack) if pipeline else 0,
                "connected": [is_connected(each) for each in client.connection_pool._available_connections],
            }
            with redis.Redis(unix_socket_path=redis_socket) as direct:
                told["value"] = direct.get("k")
            await done(client.aclose() if kind.library is not redis else client.close())
            return told

        return scenario

    return _scenario_with


def told_of(error):
    """The message, whichever port the server had."""
    return re.sub(r"\d{4,}", "PORT", str(error))


def is_connected(connection):
    return getattr(connection, "is_connected", None) is True


def name_of(pipeline):
    return "redis.Pipeline.execute" if pipeline else "redis.Redis.execute_command"


@pytest.mark.parametrize("pipeline", [False, True])
def test_nobody_listens_any_more(same, scenario_with, pipeline):
    bench = same(
        scenario_with(lambda over: over.refuse(), pipeline, socket_timeout=5),
        name_of(pipeline),
        "before",
        "connection-refused",
    )
    assert bench.slugs(name_of(pipeline))[:3] == [
        ("after", "timeout"),
        ("after", "connection-lost"),
        ("before", "connection-refused"),
    ]


@pytest.mark.parametrize("pipeline", [False, True])
def test_the_server_hangs_up_before_it_replies(same, scenario_with, pipeline):
    same(
        scenario_with(lambda over: over.lose_reply(), pipeline), name_of(pipeline), "after", "connection-lost"
    )


@pytest.mark.parametrize("pipeline", [False, True])
def test_the_reply_takes_too_long(same, scenario_with, pipeline):
    same(
        scenario_with(lambda over: over.swallow(), pipeline, socket_timeout=0.2),
        name_of(pipeline),
        "after",
        "timeout",
    )


def test_the_reply_to_a_question_is_worth_nothing(faulty, redis_socket):
    with (
        faulty("redis.Redis.execute_command", "after", "connection-lost") as bench,
        redis.Redis(unix_socket_path=redis_socket) as client,
    ):
        bench.store.call(lambda: client.get("k"))
    assert bench.slugs("redis.Redis.execute_command") == [("before", "connection-refused")]
    assert bench.fired == 0
    assert bench.why == "connection-lost cannot happen after this call"
