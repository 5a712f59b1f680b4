"""What a request comes with in test clients, as a program gets it when the same request comes once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import chain, repeat
from typing import Any

Values = tuple[Any, ...]

_BODIES = ("wsgi.input", "_body_file")
"""Where an environment of WSGI keeps the body, and where a scope of Django's asynchronous client does."""

_KEPT_IN = ("_FakePayload__content", "_file")
"""Where Django's test client keeps the body, which it gives once, and where a temporary file keeps a small one."""


def each_time(values: Values) -> Iterator[Values]:
    """The values of a call, the second of which is an environment: those of the client itself, and copies from then on.

    A program reads the body of a request but once. One that is not in memory is the same in the copies.
    """
    asked, environ, *rest = values
    kept = dict(environ)
    return chain((values,), ((asked, _unread_in(each), *rest) for each in repeat(kept)))


def copied_each_time(values: Values) -> Iterator[Values]:
    """The same where the second of the values is a request of WebOb's, which is made of its environment."""
    asked, request, *rest = values
    kept = dict(request.environ)  # a test client may put another body in its place
    return chain((values,), ((asked, type(request)(_unread_in(each)), *rest) for each in repeat(kept)))


def _unread_in(environ: Mapping[str, object]) -> dict[str, object]:
    return dict(environ) | {name: _unread(environ[name]) for name in _BODIES if name in environ}


def _unread(body: object) -> object:
    if type(body) is BytesIO:
        return body if body.closed else BytesIO(body.getvalue())
    kept = (getattr(body, "__dict__", {}).get(name) for name in _KEPT_IN)
    for content in kept:
        if type(content) is BytesIO and not content.closed:
            return _like(body, content.getvalue())
    return body


def _like(body: object, content: bytes) -> object:
    if type(body).__name__ == "FakePayload":
        return type(body)(content)  # type: ignore[call-arg]  # Django's
    return BytesIO(content)
