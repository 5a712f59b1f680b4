"""Plain functions that FastAPI runs in threads of anyio's, for requests which share one event loop."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator

import pytest
from fastapi import Depends, FastAPI

from dryfit.model.interleaving import Choice
from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.orders import follow, serial

with warnings.catch_warnings(action="ignore"):  # of names that are to come
    from fastapi.testclient import TestClient


class Till:
    """What a request reads at one switch point, and writes at the next."""

    def __init__(self, turns: Turns) -> None:
        self.sold = 0
        self.log: list[str] = []
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
def client(till: Till) -> Iterator[TestClient]:
    app = FastAPI()

    def open_till() -> Iterator[Till]:
        till.log.append("open")
        yield till
        till.log.append("close")

    @app.post("/sales")
    def sell() -> int:
        return till.sell()

    @app.post("/locked-sales")
    def sell_locked() -> int:
        with till.lock:
            return till.sell()

    @app.post("/opened-sales")
    def sell_opened(opened: Till = Depends(open_till)) -> int:
        return opened.sell()

    with TestClient(app) as client:
        yield client


def posting(client: TestClient, path: str) -> Callable[[], object]:
    return lambda: client.post(path).json()


def test_requests_take_turns(till: Till, client: TestClient, explore, values) -> None:
    def fresh() -> list[Callable[[], object]]:
        till.sold = 0
        return [posting(client, "/sales")] * 2

    runs = explore(fresh)

    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert {run[0].ending for run in runs} == {"completed"}
