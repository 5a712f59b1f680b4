"""Faults of HTTP clients: nobody listens, the server hangs up, the reply takes too long."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from typing import Any
from urllib.parse import urlsplit

from dryfit.model.trial import Fault
from dryfit.probes.faults.occasion import Occasion


def nobody_listens() -> ConnectionRefusedError:
    """What the system says where no server is."""
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


# httpx


def httpx_reply_can_be_closed(occasion: Occasion) -> bool:
    """Whether the reply is read by now, or can be closed without awaiting that."""
    return not (occasion.waits and occasion.argument("stream") is True)


def httpx_times_out(occasion: Occasion) -> bool:
    """Whether there is a limit to waiting for a reply."""
    limits = getattr(occasion.argument("request"), "extensions", {}).get("timeout") or {}
    return limits.get("read") is not None and httpx_reply_can_be_closed(occasion)


def httpx_fails(occasion: Occasion, fault: Fault) -> BaseException:
    """An exception with its request and, as its cause, the one of the transport; a reply is closed."""
    if occasion.value is not None and not occasion.waits:
        occasion.value.close()
    name = fault.exception.rpartition(".")[2]
    text = _IN_ASYNC_HTTPX.get(name, fault.text) if occasion.waits else fault.text
    error: BaseException = getattr(sys.modules["httpx"], name)(text, request=occasion.argument("request"))
    transport = sys.modules.get("httpcore")
    return _raised_from(getattr(transport, name)(text), error) if transport is not None else error


_IN_ASYNC_HTTPX = {"ConnectError": "All connection attempts failed", "ReadTimeout": ""}
"""What anyio says in place of the system."""


# requests


def requests_times_out(occasion: Occasion) -> bool:
    """Whether there is a limit to waiting for a reply."""
    timeout = (occasion.argument("kwargs") or {}).get("timeout")
    return (timeout[-1] if isinstance(timeout, tuple) else timeout) is not None


def requests_refused(occasion: Occasion, fault: Fault) -> BaseException:
    """Nobody listens: what urllib3 says of it, in what requests makes of that."""
    request = occasion.argument("request")
    pool, path = _pool(request.url)
    reason = sys.modules["urllib3.exceptions"].MaxRetryError(pool, path, no_connection(request.url))
    return _of_requests("ConnectionError", reason, request)


def requests_hung_up(occasion: Occasion, fault: Fault) -> BaseException:
    """The server took the request and closed the connection."""
    occasion.value.close()
    cause = sys.modules["http.client"].RemoteDisconnected("Remote end closed connection without response")
    reason = sys.modules["urllib3.exceptions"].ProtocolError("Connection aborted.", cause)
    return _of_requests("ConnectionError", reason, occasion.argument("request"))


def requests_timed_out(occasion: Occasion, fault: Fault) -> BaseException:
    """The server took the request and did not reply in time."""
    request, timeout = occasion.argument("request"), occasion.argument("kwargs")["timeout"]
    occasion.value.close()
    limit = timeout[-1] if isinstance(timeout, tuple) else timeout
    return _of_requests("ReadTimeout", no_reply(request.url, getattr(limit, "read_timeout", limit)), request)


def no_connection(url: str) -> BaseException:
    """What urllib3 says where nobody listens."""
    pool, _ = _pool(url)
    connection, cause = pool.ConnectionCls(host=pool.host, port=pool.port), nobody_listens()
    text = f"Failed to establish a new connection: {cause}"
    return _raised_from(cause, sys.modules["urllib3.exceptions"].NewConnectionError(connection, text))


def no_reply(url: str, limit: object) -> BaseException:
    """What urllib3 says where there is no reply in time."""
    text = f"Read timed out. (read timeout={limit})"
    error: BaseException = sys.modules["urllib3.exceptions"].ReadTimeoutError(_pool(url)[0], None, text)
    return error


def _pool(url: str) -> tuple[Any, str]:
    """The pool of connections that urllib3 would use, not connected, and the path in it."""
    parts = urlsplit(url)
    pools = sys.modules["urllib3.connectionpool"]
    kind = pools.HTTPSConnectionPool if parts.scheme == "https" else pools.HTTPConnectionPool
    path = f"{parts.path or '/'}?{parts.query}".removesuffix("?")
    return kind(parts.hostname, parts.port or kind.ConnectionCls.default_port), path


def _of_requests(name: str, reason: BaseException, request: object) -> BaseException:
    error: BaseException = getattr(sys.modules["requests.exceptions"], name)(reason, request=request)
    error.__context__ = reason
    return error


# aiohttp


def aiohttp_times_out(occasion: Occasion) -> bool:
    """Whether there is a limit to the whole request."""
    given = occasion.argument("timeout")
    if isinstance(given, int | float):
        return True
    limits = given if hasattr(given, "total") else occasion.holder.timeout
    return limits.total is not None


def aiohttp_refused(occasion: Occasion, fault: Fault) -> BaseException:
    """Nobody listens."""
    session, url = occasion.holder, occasion.argument("str_or_url")
    to = urlsplit(str(session._build_url(url)))
    secure = to.scheme in ("https", "wss")
    port = to.port or (443 if secure else 80)
    key_class = sys.modules["aiohttp.client_reqrep"].ConnectionKey
    key = key_class(to.hostname, port, secure, True, None, None, None)
    cause = ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed ({to.hostname!r}, {port})")
    error: BaseException = sys.modules["aiohttp"].ClientConnectorError(key, cause)
    return _raised_from(cause, error)


def aiohttp_hung_up(occasion: Occasion, fault: Fault) -> BaseException:
    """The server took the request and closed the connection."""
    occasion.value.close()
    error: BaseException = sys.modules["aiohttp"].ServerDisconnectedError()
    return error


def aiohttp_timed_out(occasion: Occasion, fault: Fault) -> BaseException:
    """The server took the request and did not reply in time."""
    occasion.value.close()
    return _raised_from(asyncio.CancelledError(), TimeoutError())


def _raised_from(cause: BaseException, error: BaseException) -> BaseException:
    """As ``raise error from cause`` leaves it, while the cause is handled."""
    error.__cause__ = error.__context__ = cause
    return error
