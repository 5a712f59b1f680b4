"""HTTP clients that try again by themselves, and real servers behind a wire that fails."""

from __future__ import annotations

import asyncio
import http.server
import json
import shutil
import ssl
import subprocess
import threading
from contextlib import closing, contextmanager
from hashlib import md5

import pytest

requests = pytest.importorskip("requests")
from requests.adapters import HTTPAdapter  # noqa: E402 - where there is a requests
from urllib3.util.retry import Retry  # noqa: E402

NAME = "requests.Session.send"


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what it gets; answers as it is told to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.taken.append(body)
        self.server.answer(self, body)

    def do_GET(self):
        self.server.answer(self, b"")

    def log_message(self, *arguments):
        pass


def plain(handler, body):
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"ok")


def chunked(handler, body):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for part in (b"4\r\nwell", b"\r\n5;x=y\r\n done\r\n", b"0\r\nTrailer: x\r\n", b"\r\n"):
        handler.wfile.write(part)


def until_the_end(handler, body):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"ok")
    handler.close_connection = True


def nothing_to_say(handler, body):
    handler.send_response(204)
    handler.end_headers()


def once_only(handler, body):
    handler.send_response(409 if len(handler.server.taken) > 1 else 200)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def queued(handler, body):
    said = json.dumps({"MessageId": "1", "MD5OfMessageBody": md5(b"parcel").hexdigest()}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(said)))
    handler.end_headers()
    handler.wfile.write(said)


@pytest.fixture
def web():
    with serving() as server:
        yield server


@contextmanager
def serving(secure=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.taken, server.answer = [], plain
        server.url = f"http://127.0.0.1:{server.server_port}/orders"
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def session(**retries):
    made = requests.Session()
    made.mount("http://", HTTPAdapter(max_retries=Retry(2, backoff_factor=60, **retries)))
    return made


ANSWERS = [plain, chunked, until_the_end, nothing_to_say]


@pytest.mark.parametrize("is_connected", [True, False], ids=["connected", "connects"])
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: each.__name__)
def test_a_client_that_repeats_any_request_orders_twice(faulty, web, answer, is_connected):
    with session(allowed_methods=None) as client:
        if is_connected:
            client.get(web.url)
        web.answer = answer
        with faulty(NAME, "after", "wire-reply-lost") as bench:
            told = bench.store.call(lambda: client.post(web.url, data=b"order"))
    assert told.ok
    assert web.taken == [b"order", b"order"]
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 1)


def test_a_client_repeats_no_order_by_default(faulty, web):
    with (
        session() as client,
        faulty(NAME, "after", "wire-reply-lost") as bench,
        pytest.raises(requests.ConnectionError),
    ):
        bench.store.call(lambda: client.post(web.url, data=b"order"))
    assert web.taken == [b"order"]
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 0)


def test_a_server_that_refuses_the_repetition_has_not_done_it_again(faulty, web):
    web.answer = once_only
    with session(allowed_methods=None) as client, faulty(NAME, "after", "wire-reply-lost") as bench:
        assert bench.store.call(lambda: client.post(web.url, data=b"order")).status_code == 409
    assert len(web.taken) == 2
    assert (bench.fired, bench.repeats) == (1, 0)


def test_a_request_that_is_cut_short_is_repeated_without_harm(faulty, web):
    with session(allowed_methods=None) as client, faulty(NAME, "before", "wire-cut") as bench:
        assert bench.store.call(lambda: client.post(web.url, data=b"order")).ok
    assert web.taken.count(b"order") == 1
    assert (bench.fired, bench.why) == (1, "")


def test_a_question_is_no_order(faulty, web):
    with session() as client, faulty(NAME, "after", "wire-reply-lost") as bench:
        assert bench.store.call(lambda: client.get(web.url)).ok
    assert bench.slugs_on_wire(NAME) == []
    assert (bench.fired, bench.why) == (0, "no exchange that changes something was seen within the call")


def test_what_never_comes_to_a_socket_has_no_wire(faulty, web):
    class InProcess(HTTPAdapter):
        def send(self, request, **options):
            response = requests.Response()
            response.status_code, response.request, response.url = 200, request, request.url
            return response

    with requests.Session() as client, faulty(NAME, "after", "wire-reply-lost") as bench:
        client.mount("http://", InProcess())
        assert bench.store.call(lambda: client.post(web.url)).ok
    assert (bench.fired, bench.why) == (0, "nothing was sent on a socket within the call")


def test_other_threads_are_left_alone(faulty, web):
    """The server runs in this process, and asks somebody else in the meantime."""

    def ask_another(handler, body):
        if body == b"ours":
            with requests.Session() as other:
                other.post(web.url, data=b"theirs")
        plain(handler, body)

    web.answer = ask_another
    with session() as client, faulty(NAME, "after", "wire-reply-lost") as bench:
        with pytest.raises(requests.ConnectionError):
            bench.store.call(lambda: client.post(web.url, data=b"ours"))
        assert bench.fired == 1
    assert web.taken == [b"ours", b"theirs"]


def test_boto_sends_a_message_twice_by_default(faulty, web):
    boto3 = pytest.importorskip("boto3")
    web.answer = queued
    who = {"region_name": "x", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    name = "botocore.BaseClient._make_api_call"
    with (
        closing(boto3.client("sqs", endpoint_url=web.url, **who)) as client,
        faulty(name, "after", "wire-reply-lost") as bench,
    ):
        said = bench.store.call(lambda: client.send_message(QueueUrl=web.url, MessageBody="parcel"))
    assert said["ResponseMetadata"]["RetryAttempts"] == 1
    assert [json.loads(each)["MessageBody"] for each in web.taken] == ["parcel", "parcel"]
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 1)
    assert bench.slugs_on_wire(name) == [("after", "wire-reply-lost"), ("after", "wire-timeout")]


def test_client_and_server_may_share_one_event_loop(faulty):
    aiohttp = pytest.importorskip("aiohttp")
    web = pytest.importorskip("aiohttp.web")
    taken = []

    async def order(request):
        taken.append(await request.read())
        return web.Response(text="ok")

    async def scenario(bench):
        application = web.Application()
        application.router.add_post("/", order)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as client:

            async def post():
                async with client.post(url, data=b"order") as response:
                    return response.status

            with pytest.raises(aiohttp.ServerDisconnectedError):
                await bench.call(post)
            assert await post() == 200
        await runner.cleanup()

    with faulty("aiohttp.ClientSession._request", "after", "wire-reply-lost") as bench:
        asyncio.run(scenario(bench))
    assert taken == [b"order", b"order"]
    assert (bench.fired, bench.why, bench.repeats) == (1, "", 0)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_connection_that_is_enciphered_is_left_alone(faulty, tmp_path, is_async):
    httpx = pytest.importorskip("httpx")
    trusted, secure = certified(tmp_path)
    with serving(secure) as web:
        url = web.url.replace("http://127.0.0.1", "https://localhost")

        async def order(bench):
            async with httpx.AsyncClient(verify=trusted) as client:

                async def post():
                    return await client.post(url, content=b"order")

                return await bench.call(post)

        name = "httpx.AsyncClient.send" if is_async else "httpx.Client.send"
        with faulty(name, "after", "wire-reply-lost") as bench:
            if is_async:
                told = asyncio.run(order(bench))
            else:
                with httpx.Client(verify=trusted) as client:
                    told = bench.store.call(lambda: client.post(url, content=b"order"))
    assert told.status_code == 200
    assert web.taken == [b"order"]
    assert (bench.fired, bench.why) == (0, "the connection is enciphered, and dryfit leaves it alone")


def certified(folder):
    """The contexts of a client and of a server that it trusts."""
    program = shutil.which("openssl") or pytest.skip("there is no openssl on this machine")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    for_whom = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    where = ["-keyout", key, "-out", certificate]
    made = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *for_whom, *where]
    subprocess.run(made, check=True, capture_output=True)
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificate, key)
    return ssl.create_default_context(cafile=certificate), secure
