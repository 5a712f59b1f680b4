"""A stand-in for somebody else's HTTP service: pytest-httpserver, on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.in_process import InProcessKind
from dryfit.resources.programs import needs_library

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

SAMPLE = 3


@dataclass(frozen=True, slots=True)
class ServiceHandle(Handle):
    """Where the stand-in answers. ``server`` is pytest-httpserver's object: say there what is expected."""

    server: HTTPServer = field(kw_only=True)


class HttpKind(InProcessKind):
    """Every client reaches it, and subprocesses do, for it is a real server."""

    def open(self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str) -> StandIn:
        """Start a server for this worker."""
        return StandIn(declaration)


class StandIn:
    """A server in a thread of its own, that knows nothing until a test says what it expects."""

    def __init__(self, declaration: Declaration) -> None:
        with needs_library("http", "http"):
            from pytest_httpserver import HTTPServer
        self._server = HTTPServer("127.0.0.1", 0, threaded=True)
        self._server.start()
        host, port = self._server.host, self._server.port
        self.handle = ServiceHandle(
            declaration.name, "http", f"http://{host}:{port}", host=host, port=port, server=self._server
        )

    def check(self) -> None:
        """Raise what a handler of the test's raised, for its client saw no more of it than a status of 500."""
        for error in (*self._server.assertions, *self._server.handler_errors):
            if isinstance(error, Exception):
                raise error

    def clean(self) -> tuple[Leftover, ...]:
        """Forget expectations and requests; tell of requests that none met, and of expectations that none asked for."""
        left = tuple(self._left())
        self._server.clear()
        return left

    def suspend(self) -> None:
        """Stop the server, which lives in a thread."""
        self._server.stop()

    def resume(self) -> None:
        """Start it again at the same port."""
        self._server.clear()
        self._server.start()

    def close(self) -> None:
        """Stop the server."""
        if self._server.is_running():
            self._server.stop()

    def _left(self) -> Iterator[Leftover]:
        server = self._server
        wanted = [repr(handler.matcher) for handler in (*server.ordered_handlers, *server.oneshot_handlers)]
        unexpected = [text.partition("\n")[0] for text in server.assertions if isinstance(text, str)]
        raised = [
            repr(error)
            for error in (*server.assertions, *server.handler_errors)
            if isinstance(error, Exception)
        ]
        for place, change, found in (
            ("requests", "not expected", unexpected),
            ("expectations", "not met", wanted),
            ("handlers", "errors raised", raised),
        ):
            if found:
                yield Leftover(self.handle.name, place, change, len(found), tuple(found[:SAMPLE]))


kind = HttpKind()
