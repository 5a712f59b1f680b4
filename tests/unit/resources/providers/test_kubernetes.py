"""Pods through the official client: a mock of the API server, behind which a real Redis answers the forwarded port."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import Environment
from dryfit.resources.keepers import kubernetes as keeper
from dryfit.resources.registry import kind_named
from dryfit.resources.server import attach

kubernetes = pytest.importorskip("kubernetes")
redis = pytest.importorskip("redis")

PODS = "/api/v1/namespaces/{namespace}/pods"
DATA, ERROR = 0, 1


class Cluster:
    """An API server that knows pods; whoever is forwarded to one reaches ``behind``, a port of loopback."""

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.pods: dict[str, dict[str, object]] = {}
        self.created: list[dict[str, object]] = []
        self.deleted: list[str] = []
        self.waiting: dict[str, str] = {}
        self.refuses = ""
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post(PODS, self._create)
        app.router.add_get(PODS, self._list)
        app.router.add_get(PODS + "/{name}/status", self._status)
        app.router.add_delete(PODS + "/{name}", self._delete)
        app.router.add_get(PODS + "/{name}/portforward", self._forward)
        runner = web.AppRunner(app)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _create(self, request: web.Request) -> web.Response:
        if self.refuses:
            status = {"kind": "Status", "reason": "Forbidden", "message": self.refuses}
            return web.json_response(status, status=403)
        pod = await request.json()
        self.created.append(pod)
        self.pods[pod["metadata"]["name"]] = pod
        return web.json_response(pod, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "items": list(self.pods.values())})

    async def _status(self, request: web.Request) -> web.Response:
        pod = self.pods[request.match_info["name"]]
        state = {"name": "server", "image": "", "imageID": "", "ready": False, "restartCount": 0}
        status = (
            {"phase": "Pending", "containerStatuses": [{**state, "state": {"waiting": self.waiting}}]}
            if self.waiting
            else {"phase": "Running"}
        )
        return web.json_response({**pod, "status": status})

    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.deleted.append(name)
        return web.json_response(self.pods.pop(name))

    async def _forward(self, request: web.Request) -> web.WebSocketResponse:
        """The protocol v4.channel.k8s.io: two channels a port, each begins with the port's number."""
        line = web.WebSocketResponse(protocols=("v4.channel.k8s.io",))
        await line.prepare(request)
        port = int(request.query["ports"]).to_bytes(2, "little")
        for channel in (DATA, ERROR):
            await line.send_bytes(bytes([channel]) + port)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.behind)

        async def answer() -> None:
            while data := await reader.read(65536):
                await line.send_bytes(bytes([DATA]) + data)

        answering = asyncio.create_task(answer())
        async for message in line:
            if message.type is WSMsgType.BINARY and message.data[0] == DATA:
                writer.write(message.data[1:])
        answering.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await answering
        writer.close()
        return line


@pytest.fixture
def cluster(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster whose pods answer as a real Redis with the container's password does."""
    container = kind_named("redis").container(Declaration("sessions", "redis"))
    launch = kind_named("redis").launch(Declaration("sessions", "redis"), tmp_path)
    with closing(attach(launch)) as server, closing(Cluster(server.endpoint.port)) as cluster:
        with redis.Redis(port=server.endpoint.port, password=server.endpoint.mark) as client:
            client.execute_command("ACL", "SETUSER", "default", f">{container.password or 'dryfit'}")
        config = tmp_path / "kubeconfig"
        config.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "test",
                    "clusters": [{"name": "c", "cluster": {"server": cluster.url}}],
                    "users": [{"name": "u", "user": {}}],
                    "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                }
            )
        )
        monkeypatch.setenv("KUBECONFIG", str(config))
        yield cluster


def declared(**options: object) -> Declaration:
    return Declaration("sessions", "redis", "kubernetes", (), {"namespace": "tests", **options})


def test_a_pod_is_made_reached_and_removed(cluster, tmp_path, eventually):
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        with redis.Redis.from_url(environment.open("sessions").handle.url) as client:
            client.set("basket", "full")
            assert client.get("basket") == b"full"
        (pod,) = cluster.pods.values()
        (container,) = pod["spec"]["containers"]
        assert container["image"] == "redis:7-alpine"
        assert pod["spec"]["volumes"][0]["emptyDir"] == {"medium": "Memory"}
        assert pod["spec"]["activeDeadlineSeconds"] > 0
    assert eventually(lambda: not cluster.pods)


def test_the_manifest_is_valid(cluster, tmp_path):
    validate = pytest.importorskip("kubernetes_validate")
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        environment.open("sessions")
    assert validate.validate(cluster.created[0], validate.latest_version(), strict=True)


def test_a_pod_whose_keeper_was_killed_goes_with_the_next_start(cluster, tmp_path):
    cluster.pods["dryfit-lost"] = {
        "metadata": {
            "name": "dryfit-lost",
            "labels": {keeper.HOST_LABEL: keeper._host()},
            "annotations": {keeper.HOME_ANNOTATION: str(tmp_path / "gone")},
        }
    }
    with Environment([declared()], tmp_path, "dryfit_one") as environment:
        environment.open("sessions")
        assert "dryfit-lost" in cluster.deleted


def test_an_image_that_cannot_be_pulled_is_told(cluster, tmp_path):
    cluster.waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    with pytest.raises(ResourceError, match="ImagePullBackOff: no such image"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_a_cluster_that_refuses_is_told(cluster, tmp_path):
    cluster.refuses = "pods is forbidden"
    with pytest.raises(ResourceError, match=r"403 Forbidden: .*pods is forbidden"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")


def test_without_a_cluster_it_says_so(runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ResourceError, match="no cluster is configured"):
        Environment([declared()], tmp_path, "dryfit_one").open("sessions")
