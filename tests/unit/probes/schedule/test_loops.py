"""Event loops that operations run in threads, requests of a test client, and threads that were there before."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from dryfit.probes.schedule import Turns


def racing(turns: Turns) -> Callable[[], int]:
    shared = [0]

    def add() -> int:
        seen = shared[0]
        turns.point("line", "shared[0] = seen + 1")
        shared[0] = seen + 1
        return shared[0]

    return add


def test_loops_of_operations_take_turns(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        add = racing(turns)

        async def main() -> int:
            return await asyncio.to_thread(add)

        return [lambda: asyncio.run(main()), lambda: asyncio.run(main())]

    runs = explore(operations)
    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert len(runs) == 6  # what a loop and its threads do among themselves is no switch point


def test_requests_of_a_test_client_take_turns(turns: Turns, explore, values) -> None:
    fastapi = pytest.importorskip("fastapi")
    testclient = pytest.importorskip("starlette.testclient")
    made: list[Callable[[], int]] = []
    app = fastapi.FastAPI()

    @app.get("/sync")
    def sync() -> int:
        return made[-1]()

    @app.get("/async")
    async def awaited() -> int:
        return made[-1]()

    client = testclient.TestClient(app)
    for path in ("/sync", "/async"):

        def operations(path: str = path) -> Sequence[Callable[[], object]]:
            made.append(racing(turns))
            return [lambda: client.get(path).json(), lambda: client.get(path).json()]

        runs = explore(operations)
        assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
        assert len(runs) == 6


def test_calls_that_a_loop_awaits_are_blocked_and_woken(turns: Turns, server, along, lanes, values) -> None:
    loops: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}

    async def lock(connection: int) -> None:
        if server.holders.setdefault("row", connection) != connection:
            loops[connection] = asyncio.get_running_loop(), asyncio.Event()
            server.waits[connection] = "row"
            await loops[connection][1].wait()

    async def commit(connection: int) -> None:
        del server.holders["row"]
        for waiting in list(server.waits):
            del server.waits[waiting]
            server.holders["row"] = waiting
            loops[waiting][0].call_soon_threadsafe(loops[waiting][1].set)

    def operation(connection: int) -> Callable[[], object]:
        async def main() -> int:
            await turns.call_awaited(connection, "statement", "LOCK", None, lambda: lock(connection))
            await turns.call_awaited(connection, "commit", "COMMIT", None, lambda: commit(connection))
            return connection

        return lambda: asyncio.run(main())

    run = turns.run([operation(1), operation(2)], along([0, 0, 1, 1, 0, 1]))
    assert lanes(run) == [
        "0 began",
        "0 statement LOCK",
        "1 began",
        "1 statement LOCK",
        "1 blocked LOCK by 0",
        "0 commit COMMIT",
        "0 returned",
        "1 woken LOCK",
        "1 commit COMMIT",
        "1 returned",
    ]
    assert values(run) == (1, 2)


@pytest.fixture
def echo() -> Iterator[Callable[[object], object]]:
    """Asks a thread that was there before, and waits for its answer."""
    questions: queue.Queue[tuple[object, list[object], threading.Event] | None] = queue.Queue()

    def answer() -> None:
        while (question := questions.get()) is not None:
            text, answers, answered = question
            answers.append(text)
            answered.set()

    thread = threading.Thread(target=answer)
    thread.start()

    def ask(text: object) -> object:
        answers: list[object] = []
        answered = threading.Event()
        questions.put((text, answers, answered))
        return answers if answered.wait(3600) else "no answer"

    yield ask
    questions.put(None)
    thread.join()


def test_threads_that_were_there_before_are_waited_for(turns: Turns, explore, values, echo) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        return [lambda: echo("a"), lambda: echo("b")]

    runs = explore(operations)
    assert {repr(values(run)) for run in runs} == {"(['a'], ['b'])"}
    again = explore(operations)
    assert [run[0] for run in again] == [run[0] for run in runs]
