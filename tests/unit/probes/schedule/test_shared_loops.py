"""Operations whose coroutines run in one event loop that was there before, as those of a test client with lifespan."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import sys
import threading
import types
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import anyio.to_thread
import httpx
import pytest

from dryfit.model.interleaving import Choice
from dryfit.probes.schedule import Turns, answers
from dryfit.probes.schedule.orders import follow, serial


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def in_turn(choice: Choice) -> int:
    return next((worker for worker in choice.enabled if worker != choice.running), choice.running)


class Shared:
    value = 0


def adding(loop: asyncio.AbstractEventLoop, shared: Shared, seconds: float) -> Callable[[], int]:
    async def add() -> int:
        seen = shared.value
        await asyncio.sleep(seconds)
        shared.value = seen + 1
        return shared.value

    return lambda: asyncio.run_coroutine_threadsafe(add(), loop).result()


@pytest.mark.parametrize("seconds", [0, 60])
def test_their_awaits_are_switch_points(turns: Turns, loop, explore, values, seconds) -> None:
    def operations() -> list[Callable[[], object]]:
        return [adding(loop, shared, seconds)] * 2

    shared = Shared()

    def fresh() -> list[Callable[[], object]]:
        shared.value = 0
        return operations()

    runs = explore(fresh)

    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert {run[0].ending for run in runs} == {"completed"}


def test_an_order_one_after_the_other_is_one(turns: Turns, loop, values) -> None:
    run = turns.run([adding(loop, Shared(), 1)] * 2, serial((1, 0)))

    assert values(run) == (2, 1)
    assert [step.worker for step in run[0].steps] == sorted(
        (step.worker for step in run[0].steps), reverse=True
    )


def test_the_same_choices_give_the_same_steps(turns: Turns, loop) -> None:
    runs = [turns.run([adding(loop, Shared(), 1)] * 2, follow((0, 1, 1, 0))) for _ in range(3)]

    assert runs[0][0] == runs[1][0] == runs[2][0]


def test_a_driver_s_call_that_is_blocked_lets_others_go_on(turns: Turns, server, loop, values) -> None:
    def transaction(connection: int) -> Callable[[], str]:
        async def run() -> str:
            for kind, row in (("statement", "row"), ("commit", "")):
                await turns.call_awaited(
                    connection, kind, row, None, lambda row=row: asyncio.to_thread(act, connection, row)
                )
            return "fine"

        return lambda: asyncio.run_coroutine_threadsafe(run(), loop).result()

    def act(connection: int, row: str) -> None:
        server.lock(connection, row) if row else server.commit(connection)

    run = turns.run([transaction(1), transaction(2)], in_turn)

    assert values(run) == ("fine", "fine")
    assert [
        (step.kind, step.by) for step in run[0].steps if step.worker == 1 and step.what != "Future.result"
    ] == [
        ("began", ()),
        ("statement", ()),
        ("blocked", (0,)),
        ("woken", ()),
        ("commit", ()),
        ("returned", ()),
    ]


@pytest.mark.parametrize("hand_over", [asyncio.to_thread, anyio.to_thread.run_sync], ids=["asyncio", "anyio"])
def test_what_tasks_hand_to_threads_takes_turns(turns: Turns, loop, values, hand_over) -> None:
    shared = Shared()

    def add() -> int:
        turns.point("statement", "read")
        seen = shared.value
        turns.point("statement", "write")
        shared.value = seen + 1
        return shared.value

    async def request() -> object:
        return await hand_over(add)

    operations = [lambda: asyncio.run_coroutine_threadsafe(request(), loop).result()] * 2

    assert values(turns.run(operations, in_turn)) == (1, 1)
    assert values(turns.run(operations, serial((1, 0)))) == (3, 2)


def test_a_thread_that_is_not_known_ends_the_interleaving(turns: Turns, loop) -> None:
    jobs: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    stranger = threading.Thread(target=lambda: jobs.get()())
    stranger.start()

    async def request() -> None:
        context = contextvars.copy_context()
        jobs.put(lambda: context.run(turns.call, None, "statement", "read", None, int))
        stranger.join()

    interleaving, _ = turns.run(
        [lambda: asyncio.run_coroutine_threadsafe(request(), loop).result()] * 2, serial((0, 1))
    )

    assert interleaving.ending == "stuck"
    assert "cannot take turns" in interleaving.said


def test_a_loop_is_left_as_it_was(turns: Turns, loop) -> None:
    before = set(vars(loop))

    turns.run([adding(loop, Shared(), 1)] * 2, serial((0, 1)))

    assert set(vars(loop)) == before


def test_what_waits_for_ever_is_ended(turns: Turns, loop, values) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    run = turns.run(
        [lambda: asyncio.run_coroutine_threadsafe(wait(), loop).result(), adding(loop, Shared(), 1)],
        serial((0, 1)),
    )

    assert run[0].ending == "stuck"
    assert run[1][0] is None
    assert values(turns.run([adding(loop, Shared(), 1)], serial((0,)))) == (1,)


def test_a_task_of_nobody_s_may_bring_what_is_waited_for(turns: Turns, loop, values) -> None:
    came = asyncio.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    async def bring(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.readline() == b"hello\n"
        writer.close()
        came.set()

    async def ask() -> bool:
        return await asyncio.wait_for(came.wait(), 30)

    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(greet, "127.0.0.1", 0), loop).result()
    bringing = asyncio.run_coroutine_threadsafe(bring(server.sockets[0].getsockname()[1]), loop)
    run = turns.run([lambda: asyncio.run_coroutine_threadsafe(ask(), loop).result()], serial((0,)))
    bringing.result()
    loop.call_soon_threadsafe(server.close)

    assert (run[0].ending, values(run)) == ("completed", (True,))


class PriceHandler(BaseHTTPRequestHandler):
    """Tells a price; of what is priceless nothing is ever told."""

    def do_GET(self) -> None:
        if self.path == "/priceless":
            self.server.is_over.wait()  # type: ignore[attr-defined]
            return
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"5")

    def log_message(self, *values: object) -> None:
        """Say nothing."""


@pytest.fixture
def prices() -> Iterator[str]:
    """The address of a real server, which answers in threads of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), PriceHandler) as server:
        server.is_over = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.is_over.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def pricing(loop: asyncio.AbstractEventLoop, url: str, shared: Shared) -> Callable[[], int]:
    async def price() -> int:
        seen = shared.value
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            reply = await client.get(url)
        shared.value = seen + int(reply.text)
        return shared.value

    return lambda: asyncio.run_coroutine_threadsafe(price(), loop).result()


def test_an_answer_of_a_real_server_is_waited_for(turns: Turns, loop, prices, values) -> None:
    runs = [turns.run([pricing(loop, prices, Shared())], serial((0,)))]
    for order in (serial((1, 0)), in_turn, in_turn):
        shared = Shared()
        runs.append(turns.run([pricing(loop, prices, shared)] * 2, order))

    assert [run[0].ending for run in runs] == ["completed"] * 4
    assert [values(run) for run in runs] == [(5,), (10, 5), (5, 5), (5, 5)]
    assert runs[2][0] == runs[3][0]


def test_an_answer_that_never_comes_ends_with_its_reason(server, loop, prices) -> None:
    with Turns(server, limit=0.3, place=lambda frame: None) as turns:
        run = turns.run([pricing(loop, f"{prices}/priceless", Shared())], serial((0,)))

    assert run[0].ending == "limit"
    assert "operation 1 waits for an answer from outside" in run[0].said


def test_a_timeout_takes_its_time_where_an_answer_may_come(
    turns: Turns, loop, prices, values, monkeypatch
) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.0)

    async def ask() -> str:
        try:
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=0.1) as client:
                await client.get(f"{prices}/priceless")
        except httpx.ReadTimeout:
            return "late"
        return "in time"

    run = turns.run([lambda: asyncio.run_coroutine_threadsafe(ask(), loop).result()], serial((0,)))

    assert (run[0].ending, values(run)) == ("completed", ("late",))


def test_a_cancelled_scope_of_anyio_ends(turns: Turns, loop, values) -> None:
    async def cancel() -> str:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep_forever)
            await asyncio.sleep(0)
            group.cancel_scope.cancel()
            await asyncio.Event().wait()
        return "cancelled"

    run = turns.run([lambda: asyncio.run_coroutine_threadsafe(cancel(), loop).result()] * 2, in_turn)

    assert (run[0].ending, values(run)) == ("completed", ("cancelled",) * 2)


def test_a_loop_of_uvloop_is_named(server, monkeypatch) -> None:
    class Base:
        def call_soon_threadsafe(self, callback: Callable[[], object], *, context: object = None) -> None:
            raise AssertionError("nothing is handed to it")

        run_forever = run_until_complete = call_soon_threadsafe

    uvloop = types.ModuleType("uvloop")
    uvloop.Loop = type("Loop", (Base,), {})
    monkeypatch.setitem(sys.modules, "uvloop", uvloop)
    strange = uvloop.Loop()

    with Turns(server, limit=5.0, place=lambda frame: None) as turns:
        interleaving, outcomes = turns.run([lambda: strange.call_soon_threadsafe(print)] * 2, serial((0, 1)))

    assert (interleaving.ending, outcomes) == ("stuck", (None, None))
    assert "event loop of uvloop" in interleaving.said
    assert list(vars(uvloop.Loop).keys() & {"call_soon_threadsafe", "run_forever"}) == []
