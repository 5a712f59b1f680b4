"""botocore: nobody listens, the service asks to slow down, or did what was asked and does not say so in time."""

from __future__ import annotations

import http.server
import re
import socket
import threading

import pytest

boto3 = pytest.importorskip("boto3")
config = pytest.importorskip("botocore.config")

NAME = "botocore.BaseClient._make_api_call"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
THROTTLED = b'{"__type": "ThrottlingException", "message": "Please reduce your request rate."}'


class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.taken += 1
        if self.server.mood == "silent":
            self.server.go_on.wait(10)
            self.close_connection = True
            return
        status, body = {"s3": (503, SLOW_DOWN), "kms": (400, THROTTLED)}.get(self.server.mood, (200, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.mood, server.taken, server.go_on = "", 0, threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


def client_of(url, kind="s3"):
    return boto3.client(
        kind,
        endpoint_url=url,
        region_name="x",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=config.Config(retries={"total_max_attempts": 1}, read_timeout=0.3, connect_timeout=0.3),
    )


def facts(error):
    said = getattr(error, "response", None)
    return {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "bases": [each.__name__ for each in type(error).__mro__],
        "text": re.sub(r"127\.0\.0\.1:\d+[^\"]*", "…", str(error)),
        "kwargs": sorted(getattr(error, "kwargs", ())),
        "error": type(getattr(error, "kwargs", {}).get("error")).__name__ == "str",
        "operation": getattr(error, "operation_name", None),
        "code": said and said["Error"],
        "status": said and said["ResponseMetadata"]["HTTPStatusCode"],
        "metadata": said and sorted(set(said["ResponseMetadata"]) - {"RequestId"}),
    }


def put(client):
    return lambda: client.put_object(Bucket="b", Key="k", Body=b"x")


def test_nobody_listens(same, failing, service):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"

    async def scenario(call, real):
        told = facts(await failing(call(put(client_of(nowhere if real else service.url)))))
        assert service.taken == 0
        return told

    bench = same(scenario, NAME, "before", "connection-refused")
    assert bench.slugs(NAME) == [
        ("after", "timeout"),
        ("before", "connection-refused"),
        ("before", "throttled"),
    ]


def test_the_reply_takes_too_long(same, failing, service):
    async def scenario(call, real):
        service.taken, service.mood = 0, "silent" if real else ""
        told = facts(await failing(call(put(client_of(service.url)))))
        assert service.taken == 1
        return told

    same(scenario, NAME, "after", "timeout")


@pytest.mark.parametrize("kind", ["s3", "kms"])
def test_the_service_asks_to_slow_down(same, failing, service, kind):
    async def scenario(call, real):
        service.mood = kind if real else ""
        client = client_of(service.url, kind)
        error = await failing(call(put(client) if kind == "s3" else client.list_keys))
        assert isinstance(error, client.exceptions.ClientError)
        return facts(error)

    same(scenario, NAME, "before", "throttled")
