"""A mock of Kubernetes' API server: it knows pods, and forwards their ports to servers of this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

Address = tuple[str, int]

PODS = "/api/v1/namespaces/{namespace}/pods"
DATA, ERROR = 0, 1


class Cluster:
    """``behind`` is what is reached at each port of a pod; ``begun`` is called with each pod before it runs."""

    def __init__(
        self, behind: Mapping[int, Address], begun: Callable[[dict[str, Any]], None] = lambda pod: None
    ) -> None:
        self._behind = behind
        self._begun = begun
        self.pods: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
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
        await asyncio.to_thread(self._begun, pod)
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
        port = int(request.query["ports"])
        for channel in (DATA, ERROR):
            await line.send_bytes(bytes([channel]) + port.to_bytes(2, "little"))
        reader, writer = await asyncio.open_connection(*self._behind[port])

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

    def configure(self, path: Path) -> None:
        """Write a kubeconfig whose current context leads here."""
        cluster = {"name": "c", "cluster": {"server": self.url}}
        context = {"name": "test", "context": {"cluster": "c", "user": "u"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [cluster],
            "users": [{"name": "u", "user": {}}],
            "contexts": [context],
        }
        path.write_text(json.dumps(config))
