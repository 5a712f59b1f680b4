import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

import api
from concerts import Concert


@pytest.fixture
def client(database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.url)
    with TestClient(api.app) as client:
        yield client


@pytest.fixture
def concert(client):
    with Session(api.app.state.engine) as session:
        session.add(Concert(name="jazz", free=3))
        session.commit()
    return "jazz"


def test_seats_are_reserved(client, concert):
    reply = client.post(f"/concerts/{concert}/reservations", params={"seats": 2})
    assert (reply.status_code, reply.json()) == (201, {"free": 1})


def test_no_more_seats_than_there_are(client, concert):
    reply = client.post(f"/concerts/{concert}/reservations", params={"seats": 4})
    assert reply.status_code == 409
