"""A virtual host a worker: no queue of one can be seen by another, and none outlives its test."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.unit.resources.providers.cluster import Cluster

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Leftover
from dryfit.resources.environment import Environment, new_space
from dryfit.resources.kind import BESIDE, Kind
from dryfit.resources.kinds.rabbitmq import VirtualHost, kind
from dryfit.resources.rabbitmq_management import Management

pika = pytest.importorskip("pika")
HERE = new_space()
"""Other processes run the same tests at this time, on the same server."""

DEFINITIONS = {
    "queues": [{"name": "orders", "durable": True, "auto_delete": False, "arguments": {}}],
    "exchanges": [
        {
            "name": "shop",
            "type": "topic",
            "durable": True,
            "auto_delete": False,
            "internal": False,
            "arguments": {},
        }
    ],
    "bindings": [
        {
            "source": "shop",
            "destination": "orders",
            "destination_type": "queue",
            "routing_key": "#",
            "arguments": {},
        }
    ],
}


@pytest.fixture(scope="module")
def endpoint(serve: Callable[[Kind], Endpoint]) -> Endpoint:
    return serve(kind)


@pytest.fixture
def host(endpoint: Endpoint) -> Iterator[VirtualHost]:
    with closing(opened(endpoint, Path(), "one")) as host:
        yield host


def opened(endpoint: Endpoint, root: Path, space: str, **options: object) -> VirtualHost:
    return kind.open(Declaration("broker", "rabbitmq", options=options), endpoint, root, f"{HERE}_{space}")


@contextmanager
def channel_of(host: VirtualHost) -> Iterator[Any]:
    with closing(pika.BlockingConnection(pika.URLParameters(host.handle.url))) as connection:
        yield connection.channel()


def test_clean_tells_queues_and_exchanges_and_deletes_them(host: VirtualHost) -> None:
    with channel_of(host) as channel:
        channel.queue_declare("orders / new", durable=True)
        channel.exchange_declare("shop")
        channel.confirm_delivery()
        for _ in range(3):
            channel.basic_publish("", "orders / new", b"x")
    assert host.clean() == (
        Leftover("broker", "orders / new", "queues added", 1, ("with 3 messages",)),
        Leftover("broker", "shop", "exchanges added", 1),
    )
    assert host.clean() == ()


def test_of_what_is_defined_only_the_messages_are_removed(endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "broker.json").write_text(json.dumps(DEFINITIONS))
    with (
        closing(opened(endpoint, tmp_path, "one", definitions="broker.json")) as host,
        channel_of(host) as channel,
    ):
        channel.confirm_delivery()
        channel.basic_publish("shop", "any", b"x")
        assert host.clean() == (Leftover("broker", "orders", "messages added", 1),)
        assert channel.queue_declare("orders", passive=True).method.message_count == 0
        channel.queue_delete("orders")
        assert host.clean() == (Leftover("broker", "orders", "queues removed", 1),)
        channel.basic_publish("shop", "any", b"x")
        assert channel.queue_declare("orders", passive=True).method.message_count == 1


def test_a_queue_of_a_living_connection_is_its_own_matter(host: VirtualHost) -> None:
    with channel_of(host) as channel:
        mine = channel.queue_declare("", exclusive=True).method.queue
        assert host.clean() == ()
        assert channel.queue_declare(mine, passive=True).method.message_count == 0


def test_workers_share_no_queue(host: VirtualHost, endpoint: Endpoint) -> None:
    with (
        closing(opened(endpoint, Path(), "two")) as other,
        channel_of(other) as theirs,
        channel_of(host) as ours,
    ):
        theirs.queue_declare("orders")
        with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"):
            ours.queue_declare("orders", passive=True)
        assert host.clean() == ()


def test_a_virtual_host_that_is_there_already_is_not_taken(host: VirtualHost, endpoint: Endpoint) -> None:
    with pytest.raises(ResourceError, match=f"the virtual host {HERE}_one_broker exists already"):
        opened(endpoint, Path(), "one")


def test_a_server_with_another_password_is_not_taken_for_ours(endpoint: Endpoint) -> None:
    assert kind.is_ready(endpoint)
    other = Endpoint(endpoint.host, endpoint.port, user="dryfit", password="another", mark="x")
    assert not kind.is_ready(other)


def test_a_file_that_cannot_be_read_is_named(endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"nowhere\.json: .*; correct the key definitions"):
        opened(endpoint, tmp_path, "one", definitions="nowhere.json")


def test_where_no_management_answers_it_says_so() -> None:
    declaration = Declaration("broker", "rabbitmq", options={"management": "http://127.0.0.1:1"})
    with pytest.raises(ResourceError, match=r"no management answers at http://127\.0\.0\.1:1/api/"):
        kind.open(declaration, Endpoint("127.0.0.1", 1), Path(), "one")


def test_a_container_shows_its_management_beside_the_broker() -> None:
    container = kind.container(Declaration("broker", "rabbitmq"))
    assert (container.port, container.beside) == (5672, 15672)


def test_an_existing_server_is_used_through_its_management(endpoint: Endpoint) -> None:
    login = f"{endpoint.user}:{endpoint.password}"
    declaration = Declaration(
        "broker", "rabbitmq", options={"management": f"http://{login}@{BESIDE}:{endpoint.port}"}
    )
    foreign = Endpoint(endpoint.host, endpoint.port, user=endpoint.user, password=endpoint.password)
    with (
        closing(kind.open(declaration, foreign, Path(), f"{HERE}_foreign")) as host,
        channel_of(host) as channel,
    ):
        channel.queue_declare("orders")
        assert [left.place for left in host.clean()] == ["orders"]


def test_in_a_pod_its_management_is_reached_beside_it(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kubernetes")
    management = Management(f"http://{BESIDE}:{endpoint.port}", endpoint.user, endpoint.password)

    def be_the_pod(pod: dict[str, Any]) -> None:
        """Our broker takes the user that the pod is told."""
        told = {each["name"]: each["value"] for each in pod["spec"]["containers"][0]["env"]}
        user = {"password": told["RABBITMQ_DEFAULT_PASS"], "tags": "administrator"}
        management.put("users/pod", user)
        management.put("permissions/%2F/pod", {"configure": ".*", "write": ".*", "read": ".*"})

    ports = {5672: ("127.0.0.1", endpoint.port), 15672: (BESIDE, endpoint.port)}
    monkeypatch.setattr("dryfit.resources.kinds.rabbitmq.USER", "pod")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with closing(Cluster(ports, be_the_pod)) as cluster:
        cluster.configure(tmp_path / "kubeconfig")
        with Environment([Declaration("broker", "rabbitmq", "kubernetes")], tmp_path, "dryfit_pod") as opened:
            broker = opened.open("broker")
            with channel_of(broker) as channel:
                channel.queue_declare("orders")
            (leftover,) = opened.clean()
            assert (leftover.place, leftover.change) == ("orders", "queues added")
            assert broker.handle.port != endpoint.port
