import pytest
from fastapi.testclient import TestClient

import api


@pytest.fixture
def client():
    with TestClient(api.app) as client:
        yield client


def test_the_first_bid_is_taken(client):
    reply = client.post("/lots/clock/bids", params={"cents": 500})
    assert (reply.status_code, reply.json()) == (201, {"bids": 1})


def test_a_lower_bid_is_refused(client):
    client.post("/lots/clock/bids", params={"cents": 500})
    assert client.post("/lots/clock/bids", params={"cents": 400}).status_code == 409
