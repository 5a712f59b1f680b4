"""Plain functions that FastAPI runs in threads of anyio's, for requests which share one event loop."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator

import anyio.to_thread
import pytest
from fastapi import Depends, FastAPI

from dryfit.model.interleaving import Choice
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.orders import follow, serial

with warnings.catch_warnings(action="ignore"):  # of a name that is to come
    from fastapi.testclient import TestClient


class Till:
    """What a request reads at one switch point, and writes at the next."""

    def __init__(self, turns: Turns) -> None:
        self.sold = 0
        self.lock = threading.Lock()
        self._turns = turns

    def sell(self) -> int:
        self._turns.point("statement", "read")
        seen = self.sold
        self._turns.point("statement", "write")
        self.sold = seen + 1
        return self.sold


@pytest.fixture
def till(turns: Turns) -> Till:
    return Till(turns)


@pytest.fixture
def app() -> FastAPI:
    return FastAPI()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client with a lifespan: one loop for all requests."""
    with TestClient(app) as client:
        yield client


def posting(client: TestClient, path: str) -> Callable[[], object]:
    return lambda: client.post(path).json()


def in_turn(choice: Choice) -> int:
    return next((worker for worker in choice.enabled if worker != choice.running), choice.running)


def test_requests_take_turns(app: FastAPI, client: TestClient, till: Till, explore, values) -> None:
    app.post("/sales")(till.sell)

    def fresh() -> list[Callable[[], object]]:
        till.sold = 0
        return [posting(client, "/sales")] * 2

    runs = explore(fresh)

    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert {run[0].ending for run in runs} == {"completed"}
    assert (
        len({run[0].schedule for run in runs}) == 20
    )  # three switch points each: beginning, reading, writing


def test_the_same_choices_give_the_same_steps(app: FastAPI, client: TestClient, till: Till, turns) -> None:
    app.post("/sales")(till.sell)

    runs = [turns.run([posting(client, "/sales")] * 2, follow((0, 1, 1, 0, 0, 1))) for _ in range(3)]

    assert runs[0][0] == runs[1][0] == runs[2][0]
    assert [(step.worker, step.what) for step in runs[0][0].steps if step.kind == "statement"] == [
        (1, "read"),
        (0, "read"),
        (0, "write"),
        (1, "write"),
    ]


def test_what_a_request_depends_on_has_its_turns(app: FastAPI, client: TestClient, till: Till, turns) -> None:
    def open_till() -> Iterator[None]:
        turns.point("statement", "open")
        yield
        turns.point("statement", "close")

    app.post("/sales", dependencies=[Depends(open_till)])(till.sell)

    interleaving, _ = turns.run([posting(client, "/sales")] * 2, in_turn)

    steps = [(step.worker, step.what) for step in interleaving.steps if step.kind == "statement"]
    assert steps == [(worker, what) for what in ("open", "read", "write", "close") for worker in (0, 1)]


def test_a_lock_of_the_program_is_waited_for(
    app: FastAPI, client: TestClient, till: Till, explore, values, lanes
) -> None:
    @app.post("/sales")
    def sell() -> int:
        with till.lock:
            return till.sell()

    def fresh() -> list[Callable[[], object]]:
        till.sold = 0
        return [posting(client, "/sales")] * 2

    runs = explore(fresh)

    assert {values(run) for run in runs} == {(1, 2), (2, 1)}
    assert any("1 blocked Till.lock by 0" in lane for run in runs for lane in lanes(run)), lanes(runs[0])


def transferring(turns: Turns, server) -> Callable[[int, str], str]:
    def transfer(connection: int, rows: str) -> str:
        try:
            for row in rows:
                turns.call(connection, "statement", row, None, lambda row=row: server.lock(connection, row))
        except Exception:  # of the fake server
            rows = "victim"
        turns.call(connection, "commit", "COMMIT", None, lambda: server.commit(connection))
        return rows

    return transfer


def test_a_call_that_is_blocked_lets_others_go_on(app: FastAPI, client, turns, server, lanes, values) -> None:
    app.post("/transfers")(transferring(turns, server))

    run = turns.run([posting(client, f"/transfers?connection={each}&rows=a") for each in (1, 2)], in_turn)

    assert values(run) == ("a", "a")
    assert [lane for lane in lanes(run) if lane[0] == "1" and "thread" not in lane] == [
        "1 began",
        "1 statement a",
        "1 blocked a by 0",
        "1 woken a",
        "1 commit COMMIT",
        "1 returned",
    ]


def test_a_deadlock_has_a_victim(app: FastAPI, client, turns, server, values) -> None:
    app.post("/transfers")(transferring(turns, server))
    paths = [f"/transfers?connection={number}&rows={rows}" for number, rows in ((1, "ab"), (2, "ba"))]

    run = turns.run([posting(client, path) for path in paths], in_turn)

    assert values(run) == ("victim", "ba")
    assert [step.worker for step in run[0].steps if step.kind == "victim"] == [0]


def test_no_more_work_is_done_at_once_than_the_limiter_allows(
    app: FastAPI, client, till, turns, values
) -> None:
    limiter = anyio.CapacityLimiter(1)

    @app.post("/sales")
    async def sell() -> int:
        return await anyio.to_thread.run_sync(till.sell, limiter=limiter)

    assert values(turns.run([posting(client, "/sales")] * 2, in_turn)) == (1, 2)


def test_a_client_is_of_use_after_an_interleaving_that_was_broken_off(
    app, client, till, turns, values
) -> None:
    app.post("/sales")(till.sell)
    waits = threading.Event()

    @app.post("/waits")
    def wait() -> None:
        waits.wait()

    run = turns.run([posting(client, "/waits"), posting(client, "/sales")], serial((0, 1)))

    assert (run[0].ending, values(run)[0]) == ("stuck", None)
    assert values(turns.run([posting(client, "/sales")] * 2, serial((0, 1)))) == (2, 3)
    assert client.post("/sales").json() == 4


def test_a_call_that_blocks_the_loop_lets_plain_functions_go_on(app, client, turns, server, lanes) -> None:
    transfer = transferring(turns, server)
    app.post("/plain")(transfer)

    @app.post("/blocking")
    async def blocking(connection: int, rows: str) -> str:
        return transfer(connection, rows)

    paths = ["/plain?connection=1&rows=a", "/blocking?connection=2&rows=a"]
    runs = [turns.run([posting(client, path) for path in paths], in_turn) for _ in range(2)]

    assert runs[0][0] == runs[1][0]
    assert runs[0][0].ending == "completed"
    assert [lane for lane in lanes(runs[0]) if lane[0] == "1"] == [
        "1 began",
        "1 statement a",
        "1 blocked a by 0",
        "1 woken a",
        "1 commit COMMIT",
        "1 returned",
    ]


def locking_by_itself(turns: Turns, server) -> Callable[[int], AsyncIterator[None]]:
    async def lock(connection: int) -> AsyncIterator[None]:
        turns.call(connection, "statement", "lock", None, lambda: server.lock(connection, "row"))
        yield
        turns.call(connection, "commit", "COMMIT", None, lambda: server.commit(connection))

    return lock


def locking_in_threads(turns: Turns, server) -> Callable[[int], Iterator[None]]:
    def lock(connection: int) -> Iterator[None]:
        turns.call(connection, "statement", "lock", None, lambda: server.lock(connection, "row"))
        yield
        turns.call(connection, "commit", "COMMIT", None, lambda: server.commit(connection))

    return lock


@pytest.mark.parametrize("locking", [locking_by_itself, locking_in_threads])
def test_a_loop_that_waits_for_a_lock_which_only_it_can_free_is_a_deadlock(
    app: FastAPI, client, turns, server, values, locking
) -> None:
    @app.post("/held", dependencies=[Depends(locking(turns, server))])
    async def hold() -> str:
        await asyncio.sleep(1)
        return "held"

    @app.post("/blocking")
    async def blocking(connection: int) -> str:
        turns.call(connection, "statement", "lock", None, lambda: server.lock(connection, "row"))
        turns.call(connection, "commit", "COMMIT", None, lambda: server.commit(connection))
        return "free"

    def operations() -> list[Callable[[], object]]:
        return [posting(client, "/held?connection=1"), posting(client, "/blocking?connection=2")]

    runs = [turns.run(operations(), follow((0, 0, 0, 1))) for _ in range(2)]
    server.commit(1)  # what was broken off left it open
    alone = turns.run(operations(), serial((1, 0)))

    assert runs[0][0].ending == "deadlock"
    assert "operation 1 waits for operation 2 (event loop" in runs[0][0].said
    assert "operation 2 waits for operation 1 (lock)" in runs[0][0].said
    assert runs[0] == runs[1]
    assert values(alone) == ("held", "free")


def test_a_lock_of_the_program_s_that_blocks_the_loop_is_waited_for(
    app, client, till, explore, values
) -> None:
    @app.post("/plain")
    def plain() -> int:
        with till.lock:
            return till.sell()

    @app.post("/blocking")
    async def blocking() -> int:
        with till.lock:
            return till.sell()

    def fresh() -> list[Callable[[], object]]:
        till.sold = 0
        return [posting(client, "/plain"), posting(client, "/blocking")]

    runs = explore(fresh)

    assert {values(run) for run in runs} == {(1, 2), (2, 1)}
    assert {run[0].ending for run in runs} == {"completed"}
