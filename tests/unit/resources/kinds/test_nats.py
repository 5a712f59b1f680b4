"""An account a worker: neither subjects nor streams are shared, and the streams are gone after each test."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Leftover
from dryfit.resources.kind import Kind
from dryfit.resources.kinds.nats import NatsAccount, kind

nats = pytest.importorskip("nats")
EVENTS = Declaration("events", "nats")
HOLDER = """
import sys
from pathlib import Path
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kinds.nats import kind
port, mark = sys.argv[1:]
account = kind.open(Declaration("events", "nats"), Endpoint("127.0.0.1", int(port), mark=mark), Path("."), "holder")
account._portal.run(account._client.jetstream().add_stream(name="LEFT", subjects=["left"]))
print(account.handle.user, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def endpoint(serve: Callable[[Kind], Endpoint]) -> Endpoint:
    return serve(kind)


@pytest.fixture
def account(endpoint: Endpoint) -> Iterator[NatsAccount]:
    with closing(opened(endpoint, "one")) as account:
        yield account


def opened(endpoint: Endpoint, space: str, **options: object) -> NatsAccount:
    return kind.open(Declaration("events", "nats", options=options), endpoint, Path(), space)


@asynccontextmanager
async def client_of(account: NatsAccount) -> AsyncIterator[Any]:
    client = await nats.connect(account.handle.url)
    yield client
    await client.close()


async def publish(account: NatsAccount, stream: str, subject: str, count: int) -> None:
    async with client_of(account) as client:
        jetstream = client.jetstream()
        await jetstream.add_stream(name=stream, subjects=[subject])
        for _ in range(count):
            await jetstream.publish(subject, b"x")


async def streams(account: NatsAccount) -> dict[str, int]:
    async with client_of(account) as client:
        return {info.config.name: info.state.messages for info in await client.jetstream().streams_info()}


def test_clean_tells_the_streams_and_removes_them(account: NatsAccount) -> None:
    asyncio.run(publish(account, "ORDERS", "orders", 3))
    assert account.clean() == (Leftover("events", "ORDERS", "streams added", 1, ("with 3 messages",)),)
    assert asyncio.run(streams(account)) == {}
    assert account.clean() == ()


def test_of_a_declared_stream_only_the_messages_are_removed(endpoint: Endpoint) -> None:
    with closing(opened(endpoint, "one", streams={"ORDERS": ["orders"]})) as account:
        assert asyncio.run(streams(account)) == {"ORDERS": 0}
        asyncio.run(publish(account, "ORDERS", "orders", 2))
        assert account.clean() == (Leftover("events", "ORDERS", "messages added", 2),)
        assert asyncio.run(streams(account)) == {"ORDERS": 0}


def test_workers_share_no_subject(account: NatsAccount, endpoint: Endpoint) -> None:
    async def heard(theirs: NatsAccount) -> bytes:
        async with client_of(account) as ours, client_of(theirs) as other:
            subscription = await ours.subscribe("greeting")
            await ours.flush()
            await other.publish("greeting", b"theirs")
            await other.flush()
            await ours.publish("greeting", b"ours")
            return bytes((await subscription.next_msg(timeout=10)).data)

    with closing(opened(endpoint, "two")) as other:
        assert asyncio.run(heard(other)) == b"ours"


def test_workers_that_start_together_never_share_an_account(endpoint: Endpoint) -> None:
    with ThreadPoolExecutor(6) as pool:
        accounts = list(pool.map(lambda number: opened(endpoint, f"worker{number}"), range(6)))
    users = {account.handle.user for account in accounts}
    for account in accounts:
        account.close()
    assert len(users) == 6


def test_a_killed_workers_account_is_given_on_and_is_empty(endpoint: Endpoint) -> None:
    command = [sys.executable, "-c", HOLDER, str(endpoint.port), endpoint.mark]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        user = holder.stdout.readline().strip()
        with closing(opened(endpoint, "meanwhile")) as other:
            assert other.handle.user != user
        holder.kill()
    with closing(opened(endpoint, "next")) as following:
        assert following.handle.user == user
        assert asyncio.run(streams(following)) == {}


def test_an_existing_server_is_refused() -> None:
    with pytest.raises(ResourceError, match="events: an existing NATS server has no accounts"):
        kind.open(EVENTS, Endpoint("127.0.0.1", 4222), Path(), "one")


def test_where_nothing_answers_it_is_not_ready(endpoint: Endpoint) -> None:
    assert kind.is_ready(endpoint)
    assert not kind.is_ready(Endpoint("127.0.0.1", 1))


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ({"ORDERS": ["orders.>"]}, True),
        ({"ORDERS": []}, False),
        ({"ORDERS": "orders"}, False),
        (["ORDERS"], False),
    ],
)
def test_streams_are_named_with_their_subjects(value: object, good: bool) -> None:
    (option,) = kind.options
    assert option.good(value) is good


def test_in_a_container_it_gets_its_accounts_too() -> None:
    container = kind.container(EVENTS)
    assert "worker64: { jetstream: enabled" in container.command[-1]
    assert container.environment["DRYFIT_PASSWORD"] == "pdryfit"
