"""Clean data for each test, and a customer at the web interface. What the tests need alone is written down."""

import os
from collections.abc import Generator, Iterator
from resource import RUSAGE_SELF, getrusage
from typing import Any

import pytest
from fastapi.testclient import TestClient

import storage
from api import app

USERS, PRODUCTS = 4, 20


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop() -> Generator[None, Any, Any]:
    """Write down the user time that the tests need, without what comes before and after them."""
    begun = getrusage(RUSAGE_SELF).ru_utime
    ended = yield
    seconds = getrusage(RUSAGE_SELF).ru_utime - begun
    if "BENCH_TESTS_SECONDS" in os.environ:
        with open(os.environ["BENCH_TESTS_SECONDS"], "w", encoding="utf-8") as file:
            file.write(str(seconds))
    return ended


@pytest.fixture(scope="session")
def visitor() -> Iterator[TestClient]:
    storage.create_tables()
    with TestClient(app) as client:
        yield client


@pytest.fixture(params=range(USERS), ids="user{}".format)
def customer(visitor: TestClient, request: pytest.FixtureRequest) -> TestClient:
    """One of the customers, logged in."""
    storage.reset(USERS, PRODUCTS)
    visitor.headers["Authorization"] = f"Bearer token{request.param}"
    return visitor


@pytest.fixture(params=[(1, 1), (2, 1), (3, 2), (5, 3), (8, 1)], ids="{0[0]}x{0[1]}".format)
def basket(request: pytest.FixtureRequest) -> dict[str, object]:
    """So many products, so many of each."""
    products, quantity = request.param
    return {"items": [{"product_id": f"prod{2 * n}", "quantity": quantity} for n in range(products)]}
