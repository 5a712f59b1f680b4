import ledger
import pytest
from api import app
from fastapi.testclient import TestClient


@pytest.fixture
def client():
    ledger.entries.clear()
    return TestClient(app)


def test_an_order_is_shown(client):
    ledger.book("ada", 4.35)
    assert client.get("/orders/ada").json() == {"customer": "ada", "amount": 4.35}


def test_an_order_is_made(client):
    made = client.post("/orders", json={"customer": "bob", "product": "tea"})
    assert (made.status_code, made.json()["amount"]) == (201, 4.35)


def test_nobody_has_ordered(client):
    assert client.get("/orders/eve").status_code == 404
