"""Answers over HTTP that the program's own interface gives to tests, as the test clients have them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import reduce
from typing import Any, cast

from dryfit.probes.statics import mro, type_name

_HTTPX = frozenset({"httpx.Response", "httpx2.Response"})
_AIOHTTP = "aiohttp.web_response.Response"
_DJANGO = frozenset({"django.http.response.HttpResponse", "django.http.response.StreamingHttpResponse"})
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "falcon.testing.client.Result": ("content",),
    "quart.wrappers.response.Response": ("response", "data"),
    "starlette.responses.Response": ("body",),
    "webob.response.Response": ("body",),
    "werkzeug.wrappers.response.Response": ("data",),
}
"""Where other answers have their bodies, by their class."""

_OF_FLASK = ("_cv_app", "_cv_request")
_WERKZEUG = "werkzeug.datastructures.headers.Headers"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; ``content`` reads its body, and raises where nobody can."""

    status: int
    content: Callable[[], bytes]


def response_of(value: object) -> Response | None:
    """The answer that a value is, ``None`` for any other value."""
    if type(value) is tuple:
        return _of_werkzeug(*value) if len(value) == 3 else None
    answer = cast(Any, value)
    names = {type_name(cls) for cls in mro(type(value))}
    if names & _HTTPX:
        return Response(answer.status_code, lambda: answer.read())
    if _AIOHTTP in names:
        return Response(answer.status, lambda: answer.body)
    if names & _DJANGO:
        return Response(answer.status_code, lambda: answer.getvalue())
    path = next((_OTHERS[name] for name in names if name in _OTHERS), None)
    return Response(answer.status_code, lambda: reduce(getattr, path, answer)) if path else None


def _of_werkzeug(body: object, status: object, headers: object) -> Response | None:
    if type_name(type(headers)) != _WERKZEUG or type(status) is not str:
        return None
    return Response(int(status.partition(" ")[0]), lambda: b"".join(cast(Iterable[bytes], body)))


def serve(answer: Callable[[], object]) -> object:
    """Answer a request as a server has it answered: in no context that a test has pushed, and to the end.

    A client may get the head of an answer while the program is still at work.
    """
    value = _unpushed().run(answer)
    response = response_of(value)
    if response is None:
        return value
    if type(value) is tuple:
        return _read_wsgi(*value)
    with suppress(AttributeError):  # an answer of Django's that only a loop can read
        response.content()
    return value


def _unpushed() -> Context:
    """This context without Flask's: it makes one for each request unless it finds one, and keeps connections there."""
    held = vars(sys.modules["flask.globals"]) if "flask.globals" in sys.modules else {}
    pushed = [held.get(name) for name in _OF_FLASK]
    context = Context()
    for variable, value in copy_context().items():
        if variable not in pushed:
            context.run(variable.set, value)
    return context


def _read_wsgi(body: Any, status: str, headers: object) -> object:
    """What the server would do: take all there is, and close."""
    try:
        return list(body), status, headers
    finally:
        if hasattr(body, "close"):
            body.close()
