"""What the answers of HTTP clients say of an exchange, once their bodies have been read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client's answer says, and its request."""

    method: str
    url: SplitResult
    headers: Mapping[str, str]
    body: bytes | None
    status: int
    answer_type: str
    answer: bytes

    @property
    def provider(self) -> str:
        """Who was asked: on loopback the port is another one in each run, elsewhere it belongs to the name."""
        host = self.url.hostname or "localhost"
        if _is_loopback(host):
            return "localhost"
        return host if self.url.port is None else f"{host}:{self.url.port}"


def of_httpx(response: Any) -> Answer | None:
    """An answer of httpx's, or ``None`` for one that nobody has received."""
    request = getattr(response, "_request", None)
    if request is None:
        return None
    body: bytes | None = None
    with suppress(RuntimeError):  # it was streamed
        body = request.content
    return Answer(
        request.method,
        urlsplit(str(request.url)),
        _lowered(request.headers),
        body,
        response.status_code,
        response.headers.get("content-type", ""),
        response.content,
    )


def of_requests(response: Any) -> Answer | None:
    """An answer of requests', or ``None`` where it was streamed, or made by hand."""
    request = response.request
    if request is None or not isinstance(response._content, bytes):
        return None
    body = request.body or b""
    if isinstance(body, str):
        body = body.encode()
    return Answer(
        request.method,
        urlsplit(request.url),
        _lowered(request.headers),
        body if isinstance(body, bytes) else None,
        response.status_code,
        response.headers.get("content-type", ""),
        response._content,
    )


def of_aiohttp(response: Any, body: bytes | None) -> Answer:
    """An answer of aiohttp's, which knows nothing of the request's body."""
    request = response.request_info
    return Answer(
        request.method,
        urlsplit(str(request.real_url)),
        _lowered(request.headers),
        body,
        response.status,
        response.headers.get("content-type", ""),
        response._body or b"",
    )


def _lowered(headers: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")
