"""Watches requests over HTTP: those that components send, and those that tests send to the program's own interface.

An exchange is told when somebody has read the body of its answer: nothing is ever read for it. Clients are watched in
their own answers, the interface in what stands in for the network in tests, the template of a path where the framework
has chosen a route.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from itertools import repeat
from types import ModuleType
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary, WeakSet

from dryfit.model.exchange import OWN_API, HttpCall
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import DRIVER
from dryfit.weave.environs import copied_each_time, each_time
from dryfit.weave.http_answers import Answer, of_aiohttp, of_httpx, of_requests
from dryfit.weave.loop import Loop, Woven
from dryfit.weave.rows import Row, weave_rows
from dryfit.weave.trampoline import unseen
from dryfit.weave.weaver import Weaver

__tracebackhide__ = True

Values = tuple[Any, ...]
Seen = Callable[[HttpCall], None]
Answered = Callable[[Outcome], None]
Taking = Callable[[int, Callable[[], object]], object]
"""Answers a request in place of the program: its number in the test, and how the program answers it."""
T = TypeVar("T")


_ROWS = (
    *(
        Row(httpx, callable, cross)
        for httpx in ("httpx", "httpx2")
        for callable, cross in (
            ("Response.read", "_httpx_read"),
            ("Response.aread", "_httpx_aread"),
            ("ASGITransport.handle_async_request", "_answer_async"),
            ("WSGITransport.handle_request", "_answer"),
        )
    ),
    Row("starlette.testclient", "_TestClientTransport.handle_request", "_answer"),
    Row("werkzeug.test", "Client.run_wsgi_app", "_answer_environ"),
    Row("django.test.client", "ClientHandler.__call__", "_answer_environ"),
    Row("django.test.client", "AsyncClientHandler.__call__", "_answer_scope"),
    Row("webtest.app", "TestApp.do_request", "_answer_webob"),
    Row("falcon.testing.client", "simulate_request", "_answer"),
    Row("falcon.testing.client", "ASGIConductor.simulate_request", "_answer_async"),
    Row("quart.testing.client", "QuartClient._make_request", "_answer_async"),
    Row("starlette.routing", "Route.handle", "_route"),
    Row("fastapi.routing", "APIRoute.handle", "_route"),
    Row("requests.models", "Response.content", "_requests_read"),
    Row("aiohttp.client_reqrep", "ClientRequest.send", "_aiohttp_send"),
    Row("aiohttp.client_reqrep", "ClientResponse.read", "_aiohttp_read"),
)

_PLAIN_PARAMETERS = (str, int, float, UUID)
"""Types of a path's parameters that are turned into text without running the user's code."""

EXCHANGE_MODULES = frozenset(row.module for row in _ROWS)


class _Answering:
    """A request that the program answers within the process."""

    __slots__ = ("number", "parameters", "prepared")

    def __init__(self, prepared: bool, number: int) -> None:
        self.prepared = prepared
        self.number = number
        self.parameters: Mapping[str, str] | None = None


class Exchanges:
    """Calls ``seen`` with every exchange that is complete.

    ``taking`` may answer in the program's place what a test asks of its interface; ``answered`` is told what came of
    what test code itself has asked.
    """

    def __init__(self, loop: Loop, weaver: Weaver) -> None:
        self.seen: Seen = _nobody
        self.taking: Taking = _as_the_program_does
        self.answered: Answered = _nobody
        self._asked = 0
        self._loop = loop
        self._weaver = weaver
        self._answering: ContextVar[_Answering | None] = ContextVar("dryfit_answering", default=None)
        self._answers: WeakKeyDictionary[object, _Answering] = WeakKeyDictionary()
        self._bodies: WeakKeyDictionary[object, bytes | None] = WeakKeyDictionary()
        self._told: WeakSet[object] = WeakSet()

    def weave_loaded(self) -> None:
        """Watch every library that is imported by now."""
        for name in EXCHANGE_MODULES & set(sys.modules):
            self.weave_module(sys.modules[name])

    def weave_module(self, module: ModuleType) -> None:
        """Watch one library."""
        weave_rows(self._weaver, _ROWS, module, "<exchanges>", self)

    def begin_test(self) -> None:
        """Number the requests of a test from 0 on."""
        self._asked = 0

    @property
    def asked(self) -> int:
        """How many requests the test has made up to now."""
        return self._asked

    @property
    def request(self) -> int:
        """The number of the request that is being answered here, -1 for none."""
        answering = self._answering.get()
        return answering.number if answering is not None else -1

    # The program's own interface, asked within the process.

    def _answer(self, woven: Woven, values: Values, *_: object) -> Any:
        return self._take(woven, repeat(values))

    def _answer_environ(self, woven: Woven, values: Values, *_: object) -> Any:
        return self._take(woven, each_time(values))

    def _answer_webob(self, woven: Woven, values: Values, *_: object) -> Any:
        return self._take(woven, copied_each_time(values))

    def _take(self, woven: Woven, values: Iterator[Values]) -> Any:
        """Have a request taken, or answered; ``values`` are those of each call that answers it."""
        number = self._next()
        return self.taking(number, partial(self._answered, woven, values, number))

    def _next(self) -> int:
        number, self._asked = self._asked, self._asked + 1
        return number

    def _answered(self, woven: Woven, values: Iterator[Values], number: int) -> Any:
        above, answering = self._begin(number)
        try:
            response = woven.function(*next(values))
        except Exception as error:
            self._tell_answer(Raised(error))
            raise
        finally:
            self._end(above, answering)
        _keep(self._answers, response, answering)
        self._tell_answer(Returned(response))
        return response

    def _answer_async(self, woven: Woven, values: Values, *_: object) -> Any:
        return self._take_async(woven, repeat(values))

    def _answer_scope(self, woven: Woven, values: Values, *_: object) -> Any:
        return self._take_async(woven, each_time(values))

    def _take_async(self, woven: Woven, values: Iterator[Values]) -> Any:
        number = self._next()
        return _named(woven, self.taking(number, partial(self._answered_async, woven, values, number)))

    @unseen
    async def _answered_async(self, woven: Woven, values: Iterator[Values], number: int) -> Any:
        above, answering = self._begin(number)
        try:
            response = await woven.function(*next(values))
        except Exception as error:
            self._tell_answer(Raised(error))
            raise
        finally:
            self._end(above, answering)
        _keep(self._answers, response, answering)
        self._tell_answer(Returned(response))
        return response

    def _tell_answer(self, outcome: Outcome) -> None:
        try:
            if self._asks() == DRIVER:
                self.answered(outcome)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self._loop.missed(error)

    def _asks(self) -> str:
        """Who asks here: whoever calls a client, and not the client."""
        crossing = self._loop.current.get()
        return crossing.caller if crossing.callee.kind == "library" else crossing.component

    def _begin(self, number: int) -> tuple[_Answering | None, _Answering]:
        above, answering = self._answering.get(), _Answering(self._loop.entered, number)
        self._answering.set(answering)
        return above, answering

    def _end(self, above: _Answering | None, answering: _Answering) -> None:
        """Go back to what was before; what the program did to answer is no preparation of the test's."""
        self._answering.set(above)  # and not by a token: a coroutine may be closed in another context
        self._loop.entered = answering.prepared

    def _route(self, woven: Woven, values: Values, *_: object) -> Any:
        answering = self._answering.get()
        scope = values[1]
        found = scope.get("path_params") if answering is not None and isinstance(scope, dict) else None
        if answering is not None and isinstance(found, dict):
            answering.parameters = {
                name: str(value) for name, value in found.items() if type(value) in _PLAIN_PARAMETERS
            }
        return woven.function(*values)

    # Clients, once they have read an answer.

    def _httpx_read(self, woven: Woven, values: Values, *_: object) -> Any:
        content = woven.function(*values)
        self._tell(values[0], of_httpx)
        return content

    def _httpx_aread(self, woven: Woven, values: Values, *_: object) -> Any:
        return _named(woven, self._read_async(woven, values, of_httpx))

    def _requests_read(self, woven: Woven, values: Values, *_: object) -> Any:
        content = woven.function(*values)
        self._tell(values[0], of_requests)
        return content

    def _aiohttp_send(self, woven: Woven, values: Values, *_: object) -> Any:
        return _named(woven, self._sent_aiohttp(woven, values))

    @unseen
    async def _sent_aiohttp(self, woven: Woven, values: Values) -> Any:
        # The request lets its body go when it is sent, and the answer knows nothing of it.
        body = getattr(values[0], "body", None)
        body = getattr(body, "_value", body)
        response = await woven.function(*values)
        _keep(self._bodies, response, body if isinstance(body, bytes) else None)
        return response

    def _aiohttp_read(self, woven: Woven, values: Values, *_: object) -> Any:
        return _named(woven, self._read_async(woven, values, self._of_aiohttp))

    @unseen
    async def _read_async(self, woven: Woven, values: Values, look: Callable[[Any], Answer | None]) -> Any:
        content = await woven.function(*values)
        self._tell(values[0], look)
        return content

    def _of_aiohttp(self, response: Any) -> Answer:
        return of_aiohttp(response, self._bodies.get(response))

    # Telling.

    def _tell(self, response: object, look: Callable[[Any], Answer | None]) -> None:
        """Tell an exchange, once; a failure of ours is nothing to the caller."""
        try:
            answer = look(response) if response not in self._told else None
            call = self._call(response, answer) if answer is not None else None
            if call is not None:
                self._told.add(response)
                self.seen(call)
        except Exception as error:  # noqa: BLE001 - whatever it raises is dryfit's own failure
            self._loop.missed(error)

    def _call(self, response: object, answer: Answer) -> HttpCall | None:
        """Say who asked whom; ``None`` for what no seam leads to, as where tests ask over the network themselves."""
        consumer = self._asks()
        test = self._loop.current.get().test or self._loop.test.test
        answering = self._answers.get(response)
        if not test or (consumer == DRIVER and answering is None):
            return None
        return HttpCall(
            consumer=consumer,
            provider=OWN_API if consumer == DRIVER else answer.provider,
            test=test,
            method=answer.method.upper(),
            path=answer.url.path or "/",
            query=answer.url.query,
            headers=answer.headers,
            body=answer.body,
            status=answer.status,
            answer_type=answer.answer_type,
            answer=answer.answer,
            parameters=answering.parameters if answering is not None else None,
            prepared=answering is not None and answering.prepared,
        )


def _named(woven: Woven, coroutine: Any) -> object:
    """The coroutine under the name of the one that it stands for, as it is told where nobody awaits it."""
    coroutine.__name__ = woven.function.__name__
    coroutine.__qualname__ = woven.function.__qualname__
    return coroutine


def _keep(kept: WeakKeyDictionary[object, T], response: object, what: T) -> None:
    with suppress(TypeError):  # no weak reference to it
        kept[response] = what


def _as_the_program_does(number: int, answer: Callable[[], object]) -> object:
    return answer()


def _nobody(told: object) -> None:
    """Nobody wants to know."""
