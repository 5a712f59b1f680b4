"""The environment of a WSGI request, as a program gets it when the same request comes once more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import chain, repeat
from typing import Any

Values = tuple[Any, ...]

_INPUT = "wsgi.input"
_KEPT_IN = ("_FakePayload__content", "_file")
"""Where Django's test client keeps the body, which it gives once, and where a temporary file keeps a small one."""


def each_time(values: Values) -> Iterator[Values]:
    """The values of a call, the second of which is an environment: those of the client itself, and copies from then on.

    A program reads the body of a request but once. One that is not in memory is the same in the copies.
    """
    return chain((values,), (_again(*each) for each in repeat(values)))


def _again(asked: object, environ: Mapping[str, object], *rest: object) -> Values:
    return (asked, {**environ, _INPUT: _unread(environ.get(_INPUT))}, *rest)


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
