"""What crosses the border of a program over HTTP is told, and requests go on as they did."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import iscoroutinefunction

import httpx
import pytest

from dryfit.lab.responses import response_of
from dryfit.model.exchange import OWN_API
from dryfit.model.seam import DRIVER

SENDERS = {
    "by_httpx": """
        import httpx

        def send(url, body):
            with httpx.Client(trust_env=False) as client:
                return client.post(url, json=body).json()
    """,
    "by_httpx_async": """
        import asyncio
        import httpx

        async def _send(url, body):
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.post(url, json=body)).json()

        def send(url, body):
            return asyncio.run(_send(url, body))
    """,
    "by_requests": """
        import requests

        def send(url, body):
            with requests.Session() as session:
                session.trust_env = False
                return session.post(url, json=body).json()
    """,
    "by_aiohttp": """
        import asyncio
        import aiohttp

        async def _send(url, body):
            async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
                return await answer.json()

        def send(url, body):
            return asyncio.run(_send(url, body))
    """,
}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def echo():
    """The address of a server that answers with what it was sent."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def watched(program):
    """Weaves the program, and gives the exchanges as they are told."""

    def _watched():
        told = []
        weave = program.weave()
        weave.exchanges.seen = told.append
        return weave, told

    return _watched


@pytest.mark.parametrize("sender", sorted(SENDERS))
def test_what_a_component_sends_is_told_once(program, watched, echo, sender):
    program.write(**{sender: SENDERS[sender]})
    module = program.load(sender)
    _, told = watched()
    assert module.send(f"{echo}/payments?currency=EUR", {"amount": 5}) == {"amount": 5}
    (call,) = told
    assert (call.consumer, call.provider, call.test) == (sender, "localhost", "test_it")
    assert (call.method, call.path, call.query, call.status) == ("POST", "/payments", "currency=EUR", 201)
    assert (json.loads(call.body), json.loads(call.answer)) == ({"amount": 5}, {"amount": 5})
    assert call.headers["content-type"] == call.answer_type == "application/json"
    assert not call.prepared
    assert call.parameters is None


def test_a_stand_in_for_the_network_answers_as_its_host(program, watched):
    program.write(
        sender="""
        import httpx

        def send(transport):
            with httpx.Client(transport=transport, base_url="https://pay.example.com:8443") as client:
                return client.delete("/payments/7").status_code
    """
    )
    sender = program.load("sender")
    _, told = watched()
    assert sender.send(httpx.MockTransport(lambda request: httpx.Response(204))) == 204
    (call,) = told
    assert (call.provider, call.method, call.path) == ("pay.example.com:8443", "DELETE", "/payments/7")
    assert (call.body, call.answer) == (b"", b"")


def test_a_body_that_nobody_reads_is_not_read(program, watched, echo):
    program.write(
        reader="""
        import httpx

        def status(url):
            with httpx.Client(trust_env=False) as client, client.stream("POST", url, json=1) as answer:
                return answer.status_code, answer.is_stream_consumed

        def pieces(url):
            with httpx.Client(trust_env=False) as client, client.stream("POST", url, json=1) as answer:
                return b"".join(answer.iter_raw())
    """
    )
    reader = program.load("reader")
    _, told = watched()
    assert reader.status(echo) == (201, False)
    assert reader.pieces(echo) == b"1"
    assert told == []


def test_what_tests_send_over_the_network_is_nobodys_seam(watched, echo):
    _, told = watched()
    assert httpx.post(echo, json=1, trust_env=False).json() == 1
    assert told == []


def test_a_failure_of_ours_leaves_the_answer_alone(program, echo):
    program.write(by_httpx=SENDERS["by_httpx"])
    module = program.load("by_httpx")
    weave = program.weave()

    def fail(call):
        raise ValueError("ours")

    weave.exchanges.seen = fail
    assert module.send(echo, 7) == 7
    assert "ValueError: ours" in weave.failures[0]


def test_a_coroutine_that_nobody_awaits_is_told_by_its_own_name(watched):
    watched()
    with pytest.warns(RuntimeWarning, match=r"coroutine 'Response\.aread' was never awaited"):
        httpx.Response(200).aread()


def test_nothing_stays_when_it_is_taken_out(program, watched, echo):
    program.write(by_httpx=SENDERS["by_httpx"])
    module = program.load("by_httpx")
    weave, told = watched()
    weave.take_out()
    assert module.send(echo, 7) == 7
    assert told == []


# The program's own interface.

API = """
    from fastapi import APIRouter, FastAPI

    app = FastAPI()
    router = APIRouter(prefix="/orders")

    @router.get("/{order_id}")
    def show(order_id: int):
        return {"id": order_id}

    @router.post("/{order_id}/payment")
    async def pay(order_id: int, body: dict):
        return body

    app.include_router(router)
"""


def asgi(app):
    import httpx

    @contextmanager
    def client():
        transport = httpx.ASGITransport(app)

        def request(*arguments, **options):
            async def ask():
                async with httpx.AsyncClient(transport=transport, base_url="http://api") as visitor:
                    return await visitor.request(*arguments, **options)

            return asyncio.run(ask())

        yield request

    return client()


@contextmanager
def starlette_client(app):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Starlette wants another client than the one that is installed
        from starlette.testclient import TestClient
    with TestClient(app) as client:
        yield client.request


@pytest.mark.parametrize("client", [asgi, starlette_client], ids=["httpx", "starlette"])
def test_what_tests_ask_of_the_own_interface_is_told_with_its_route(program, watched, client):
    program.write(api=API)
    app = program.load("api").app
    with client(app) as request:
        _, told = watched()
        assert request("GET", "/orders/7").json() == {"id": 7}
        assert request("POST", "/orders/8/payment", json={"amount": 5}).json() == {"amount": 5}
        assert request("GET", "/nowhere").status_code == 404
    shown, paid, missed = told
    assert (shown.consumer, shown.provider, shown.path) == (DRIVER, OWN_API, "/orders/7")
    assert (shown.parameters, paid.parameters, missed.parameters) == (
        {"order_id": "7"},
        {"order_id": "8"},
        None,
    )
    assert (paid.method, json.loads(paid.body), paid.status) == ("POST", {"amount": 5}, 200)
    assert not any(call.prepared for call in told)


@pytest.mark.parametrize("client", [asgi, starlette_client], ids=["httpx", "starlette"])
def test_what_the_interface_raises_comes_out_as_it_is(program, watched, client):
    program.write(
        failing="""
        from fastapi import FastAPI

        app = FastAPI()
        mine = KeyError("mine")

        @app.get("/")
        async def fail():
            raise mine
    """
    )
    failing = program.load("failing")
    with client(failing.app) as request:
        _, told = watched()
        with pytest.raises(KeyError) as caught:
            request("GET", "/")
    assert caught.value is failing.mine
    assert told == []


@pytest.mark.parametrize("client", [asgi, starlette_client], ids=["httpx", "starlette"])
def test_how_tests_are_answered_is_told_at_once_and_not_what_the_program_asks_itself(
    program, watched, client
):
    program.write(
        api=API,
        inner="""
        import api
        import httpx
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/")
        async def ask():
            transport = httpx.ASGITransport(api.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://api") as visitor:
                return (await visitor.get("/nowhere")).status_code
    """,
    )
    inner = program.load("inner")
    with client(inner.app) as request:
        weave, _ = watched()
        answers = []
        weave.exchanges.answered = lambda outcome: answers.append(outcome.unwrap().status_code)
        assert request("GET", "/").json() == 404
        weave.exchanges.answered = fail_at
        assert request("GET", "/").json() == 404
    assert answers == [200]
    assert "ValueError: ours" in weave.failures[0]


def fail_at(outcome):
    raise ValueError("ours")


def test_what_the_test_did_before_is_told_until_the_next_test(program, watched, tmp_path):
    program.write(api=API, stock="def fill():\n    return 1\n")
    app = program.load("api").app
    program.load("stock")
    program.file("filling.py", "import stock\n\n\ndef fill():\n    stock.fill()\n")
    filling = program.load("filling")
    weave, told = watched()
    with asgi(app) as request:
        request("GET", "/orders/7")
        filling.fill()
        request("GET", "/orders/7")
        weave.begin_test("test_other")
        request("GET", "/orders/7")
    assert [(call.test, call.prepared) for call in told] == [
        ("test_it", False),
        ("test_it", True),
        ("test_other", False),
    ]


def test_what_a_fixture_of_several_tests_did_prepares_none(program, watched):
    program.write(api=API, stock="def fill():\n    return 1\n")
    app = program.load("api").app
    program.load("stock")
    program.file("shared.py", "import stock\n\n\ndef fill():\n    stock.fill()\n")
    shared = program.load("shared")
    weave, told = watched()
    shared.fill()
    weave.shared_fixture_set_up()
    with asgi(app) as request:
        request("GET", "/orders/7")
    assert not told[0].prepared


BY_FLASK = """
    import flask

    app = flask.Flask(__name__)

    @app.post("/sums")
    def add():
        return flask.jsonify(sum=sum(flask.request.get_json())), 201

    def ask():
        answer = app.test_client().post("/sums", json=[1, 2])
        return answer.status_code, answer.get_json()
"""
BY_DJANGO = """
    import json
    import django
    from django.conf import settings
    from django.http import JsonResponse
    from django.urls import path

    def add(request):
        return JsonResponse({"sum": sum(json.loads(request.body))}, status=201)

    urlpatterns = [path("sums", add)]
    if not settings.configured:    # as other tests of this process have it
        settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
        django.setup()

    def ask():
        from django.test import Client, override_settings

        with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
            answer = Client().post("/sums", "[1, 2]", content_type="application/json")
        return answer.status_code, answer.json()
"""


BY_DJANGO_ASYNC = (
    BY_DJANGO.replace("Client", "AsyncClient")
    .replace("AsyncClient().post(", "asyncio.run(AsyncClient().post(")
    .replace('json")\n        return', 'json"))\n        return')
    .replace("import json\n", "import asyncio\n    import json\n", 1)
)
BY_FALCON = """
    import falcon
    from falcon import testing

    class Sums:
        def on_post(self, request, response):
            response.status = 201
            response.media = {"sum": sum(request.media)}

    app = falcon.App()
    app.add_route("/sums", Sums())

    def ask():
        answer = testing.TestClient(app).simulate_post("/sums", json=[1, 2])
        return answer.status_code, answer.json
"""
BY_WEBTEST = """
    import json
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # WebOb imports cgi, which is deprecated
        import webtest

    def app(environ, start):
        start("201 Created", [("Content-Type", "application/json")])
        numbers = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        return [json.dumps({"sum": sum(numbers)}).encode()]

    def ask():
        answer = webtest.TestApp(app).post_json("/sums", [1, 2])
        return answer.status_code, answer.json
"""
BY_QUART = """
    import asyncio
    import quart

    app = quart.Quart(__name__)

    @app.post("/sums")
    async def add():
        return {"sum": sum(await quart.request.get_json())}, 201

    async def asked():
        answer = await app.test_client().post("/sums", json=[1, 2])
        return answer.status_code, await answer.get_json()

    def ask():
        return asyncio.run(asked())
"""


@pytest.mark.parametrize(
    "source",
    [BY_FLASK, BY_DJANGO, BY_DJANGO_ASYNC, BY_FALCON, BY_WEBTEST, BY_QUART],
    ids=["flask", "django", "django-async", "falcon", "webtest", "quart"],
)
def test_a_request_through_a_test_client_can_be_answered_again(program, watched, source):
    program.write(api=source)
    api = program.load("api")
    weave, _ = watched()
    told: list[tuple[int, bytes]] = []

    def tell(values):
        told.extend((found.status, found.content()) for each in values if (found := response_of(each)))

    def taking(number, answer):
        assert number == 0
        if iscoroutinefunction(answer.func):
            return taking_async(answer)
        first, *others = (answer() for _ in range(3))
        tell(others)
        return first

    async def taking_async(answer):
        first, *others = [await answer() for _ in range(3)]
        tell(others)
        return first

    weave.exchanges.taking = taking

    assert api.ask() == (201, {"sum": 3})
    assert [(status, json.loads(content)) for status, content in told] == [(201, {"sum": 3})] * 2
