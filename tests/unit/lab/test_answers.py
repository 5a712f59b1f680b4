"""An operation that is a request tells how it was answered, and by which exception the program has failed."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from textwrap import dedent

import asyncpg
import httpx
import pytest
from aiohttp import web
from flask import Flask, current_app, g
from flask import Response as FlaskResponse
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from starlette.responses import JSONResponse

from dryfit.config import load_config
from dryfit.lab import at_once
from dryfit.lab.answers import Answers
from dryfit.lab.bench import Bench, bench
from dryfit.lab.ended import ended
from dryfit.lab.responses import serve
from dryfit.model.crossing import Callee, CalleeKind, Crossing, Site
from dryfit.model.interleaving import Ended
from dryfit.model.outcome import Raised, Returned
from dryfit.model.reply import Answered
from dryfit.model.seam import DRIVER, Place
from dryfit.probes.schedule import serial

API = """
    import psycopg
    from fastapi import FastAPI, HTTPException
    from fastapi.responses import JSONResponse
    from psycopg.errors import UniqueViolation

    app = FastAPI()

    @app.exception_handler(psycopg.errors.SerializationFailure)
    async def is_busy(request, error):
        return JSONResponse({"detail": "busy"}, status_code=503)

    @app.get("/unhandled")
    def unhandled():
        raise UniqueViolation("duplicate key")

    @app.get("/handler")
    def handler():
        raise psycopg.errors.SerializationFailure("could not serialize")

    @app.get("/refused")
    def refused():
        try:
            unhandled()
        except UniqueViolation as error:
            raise HTTPException(409, "taken") from error

    @app.get("/translated")
    def translated():
        try:
            unhandled()
        except UniqueViolation as error:
            raise HTTPException(503, "busy") from error

    @app.get("/fine")
    def fine():
        return "fine"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench on a program with an interface over HTTP."""
    root = tmp_path_factory.mktemp("program")
    (root / "api.py").write_text(dedent(API), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(root)
        patched.setattr(at_once, "RUN_SECONDS", 60.0)
        with bench(load_config(root), None, looks=False) as found:
            yield found
        sys.modules.pop("api", None)


def asked(made: Bench, *paths: str, raises: bool) -> Ended:
    """What an operation tells that requests one path after the other, and takes it as it comes."""
    import api

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Starlette wants another client than the one that is installed
        from starlette.testclient import TestClient
    client = TestClient(api.app, raise_server_exceptions=raises)

    def ask() -> int:
        return [client.get(path).status_code for path in paths][-1]

    made.begin("a test")
    with made.at_once.governed(lines=False):
        run = made.at_once.run([ask], serial((0,)))
    made.end()
    assert run is not None
    (ended,) = run.ended
    assert ended is not None
    return ended


def told(answered: Answered | None) -> tuple[int, list[str]]:
    assert answered is not None
    return answered.status, [error.bases[0] for error in answered.errors]


@pytest.mark.parametrize("raises", [True, False])
def test_what_nobody_handles_is_told_whether_the_client_raises_it_or_not(made: Bench, raises: bool):
    ended = asked(made, "/unhandled", raises=raises)

    assert told(ended.answered) == (500, ["psycopg.errors.UniqueViolation"])
    assert (ended.error is not None) == raises
    assert [str(place) for place in ended.errors[0].path] == ["api.py:15"]
    assert ended.has_failed


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/handler"], (503, ["psycopg.errors.SerializationFailure"])),
        (["/translated"], (503, ["fastapi.exceptions.HTTPException", "psycopg.errors.UniqueViolation"])),
        (["/refused"], (409, [])),
        (["/handler", "/fine"], (200, [])),
    ],
)
def test_the_answer_decides_what_became_of_an_exception(
    made: Bench, paths: list[str], expected: tuple[int, list[str]]
):
    assert told(asked(made, *paths, raises=True).answered) == expected


SITE = Site("shop", None, 0, Place("shop.py", 3))


def crossing(kind: CalleeKind) -> Crossing:
    return Crossing(Callee("shop", "shop.sell", (), kind), DRIVER, SITE, (), None, "a test")


class Response:
    """Stands for an answer."""

    def __init__(self, status: int) -> None:
        self.status_code = status


Response.__module__ = "httpx"


def test_what_was_swallowed_on_the_way_to_a_failure_is_told_where_nothing_escapes():
    answers = Answers(lambda code, line: None)
    answers.raised(0, crossing("library"), ValueError("busy"))
    answers.answered(0, Returned(Response(500)))
    answers.raised(1, crossing("library"), ValueError("busy"))
    answers.raised(1, crossing("function"), KeyError("mine"))
    answers.answered(1, Returned(Response(500)))

    assert told(answers.of(0)) == (500, ["ValueError"])
    assert told(answers.of(1)) == (500, ["KeyError"])


def test_what_one_request_was_answered_says_nothing_of_the_next():
    answers = Answers(lambda code, line: None)
    answers.raised(0, crossing("function"), KeyError("mine"))
    answers.answered(0, Raised(KeyError("mine")))
    first = answers.of(0)
    answers.answered(0, Returned(Response(502)))
    second = answers.of(0)
    answers.begin()

    assert told(first) == (500, ["KeyError"])
    assert told(second) == (502, [])
    assert answers.of(0) is None


def test_an_operation_is_over_when_its_answer_is_read():
    response = httpx.Response(200, content=iter([b"as long as this comes", b" the program is at work"]))

    assert serve(lambda: response) is response
    assert response.is_stream_consumed
    assert serve(lambda: "no answer") == "no answer"


def test_a_request_is_served_outside_of_what_a_test_has_pushed():
    app = Flask("shop")
    made: list[object] = []

    @app.get("/")
    def ask():
        made.append(current_app.app_context and g._get_current_object())
        return "there"

    with app.app_context():
        pushed = g._get_current_object()
        client = app.test_client()
        served = serve(lambda: client.get("/").status_code)
        client.get("/")

    assert served == 200
    assert [each is pushed for each in made] == [False, True]


@pytest.mark.parametrize(
    "answer",
    [
        web.json_response({"left": 1}, status=201),
        JSONResponse({"left": 1}, 201),
        FlaskResponse('{"left": 1}', 201),
    ],
    ids=["aiohttp", "starlette", "flask"],
)
def test_what_a_handler_returns_is_told_by_its_status_and_its_json(answer):
    said = ended(Returned(answer), None, lambda code, line: None)

    assert said is not None
    assert said.told == ((".status", "201"), ("#1", "1"), ("['left']", "1"))


def test_what_layers_of_libraries_make_of_a_driver_s_error_is_told():
    """An asynchronous engine: SQLAlchemy raises its own error for its adapter's, which stands for the driver's."""
    driver, adapter, engine = (
        asyncpg.SerializationError("x"),
        AsyncAdapt_asyncpg_dbapi.Error("x"),
        DBAPIError("", {}, None),
    )
    engine.__cause__, adapter.__cause__ = adapter, driver

    class OwnError(Exception):
        pass

    own = OwnError()
    own.__cause__ = engine

    assert "asyncpg.exceptions.SerializationError" in ended(Raised(engine), None, lambda *_: None).error.bases
    assert "sqlalchemy.exc.DBAPIError" not in ended(Raised(own), None, lambda *_: None).error.bases
