"""HTTP clients: nobody listens, the server hangs up after it took the request, or does not reply in time."""

from __future__ import annotations

import http.server
import inspect
import re
import socket
import threading

import pytest


class Handler(http.server.BaseHTTPRequestHandler):
    """Counts requests; hangs up, or says nothing, while it is told to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.taken += 1
        if self.server.mood == "silent":
            self.server.go_on.wait(10)
        if self.server.mood:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def web():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.mood, server.taken, server.go_on = "", 0, threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}/orders?x=1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def nowhere():
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/orders?x=1"


class Httpx:
    name = "httpx.Client.send"
    waits = False

    async def open(self):
        return pytest.importorskip("httpx").Client(timeout=0.3)

    def request(self, client, url):
        def post():
            return client.post(url, content=b"order").status_code

        return post

    async def close(self, client):
        client.close()


class AsyncHttpx(Httpx):
    name = "httpx.AsyncClient.send"
    waits = True

    async def open(self):
        return pytest.importorskip("httpx").AsyncClient(timeout=0.3)

    def request(self, client, url):
        async def post():
            return (await client.post(url, content=b"order")).status_code

        return post

    async def close(self, client):
        await client.aclose()


class Requests(Httpx):
    name = "requests.Session.send"

    async def open(self):
        return pytest.importorskip("requests").Session()

    def request(self, client, url):
        def post():
            return client.post(url, data=b"order", timeout=0.3).status_code

        return post


class Aiohttp(AsyncHttpx):
    name = "aiohttp.ClientSession._request"

    async def open(self):
        aiohttp = pytest.importorskip("aiohttp")
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3))

    def request(self, client, url):
        async def post():
            async with client.post(url, data=b"order") as response:
                return response.status

        return post

    async def close(self, client):
        await client.close()


LIBRARIES = [Httpx, AsyncHttpx, Requests, Aiohttp]


@pytest.fixture(params=LIBRARIES, ids=lambda each: each.__name__)
def library(request):
    return request.param()


def kind_of(error):
    return f"{type(error).__module__}.{type(error).__qualname__}" if error is not None else None


def facts(error):
    request = getattr(error, "request", None)
    return {
        "class": kind_of(error),
        "text": re.sub(r"object at 0x\w+|:\d+", "…", str(error)),
        "arguments": [type(each) for each in error.args],
        "request": (request.method, str(request.url).partition("/orders")[2])
        if request is not None
        else None,
        "response": getattr(error, "response", None),
        "errno": getattr(error, "errno", None),
        "strerror": re.sub(r"\d{4,}", "PORT", str(getattr(error, "strerror", None))),
        "host": getattr(error, "host", None),
        "os_error": type(getattr(error, "os_error", None)),
        "cause": kind_of(error.__cause__),
        "context": kind_of(error.__context__),
        "reason": kind_of(getattr(error.args[0], "reason", None)) if error.args else None,
    }


async def next_one(library, client, web):
    """How the next request fares."""
    web.mood = ""
    status = library.request(client, web.url)()
    return await status if inspect.isawaitable(status) else status


def test_nobody_listens(same, failing, library, web, nowhere):
    async def scenario(call, real):
        client = await library.open()
        error = await failing(call(library.request(client, nowhere)))
        told = facts(error) | {"next": await next_one(library, client, web)}
        await library.close(client)
        return told

    bench = same(scenario, library.name, "before", "connection-refused")
    offered = bench.slugs(library.name)
    assert offered[:3] == [
        ("after", "timeout"),
        ("after", "connection-lost"),
        ("before", "connection-refused"),
    ]
    assert (("before", "cancelled") in offered) is isinstance(library, AsyncHttpx)


@pytest.mark.parametrize(
    ("slug", "mood"),
    [
        ("connection-lost", "curt"),
        ("wire-reply-lost", "curt"),
        ("timeout", "silent"),
        ("wire-timeout", "silent"),
    ],
)
def test_the_reply_is_lost(same, failing, library, web, slug, mood):
    async def scenario(call, real):
        client = await library.open()
        web.taken, web.mood = 0, mood if real else ""
        error = await failing(call(library.request(client, web.url)))
        assert web.taken == 1
        told = facts(error) | {"next": await next_one(library, client, web)}
        await library.close(client)
        return told

    same(scenario, library.name, "after", slug, offered=slug != "wire-timeout" or not library.waits)


def test_without_a_limit_nothing_times_out(faulty, web):
    requests = pytest.importorskip("requests")
    with faulty("requests.Session.send", "after", "timeout") as bench:
        assert bench.store.call(lambda: requests.post(web.url).status_code) == 200
    assert bench.slugs("requests.Session.send") == [
        ("after", "connection-lost"),
        ("before", "connection-refused"),
    ]
    assert (bench.fired, bench.why) == (0, "timeout cannot happen after this call")
