import pytest
from fastapi.testclient import TestClient

import bank


@pytest.fixture
def client(database):
    with TestClient(bank.app) as client:
        client.put("/accounts/ann?amount=10")
        client.put("/accounts/bob?amount=10")
        yield client


def test_money_moves_both_ways(client):
    assert client.post("/accounts/ann/to/bob?amount=3").json() == {"moved": True}
    assert client.post("/accounts/bob/to/ann?amount=4").json() == {"moved": True}
