import sqlite3
from contextlib import closing

import pytest
from fastapi.testclient import TestClient

import api
import orders


@pytest.fixture
def client(tmp_path):
    api.app.state.path = tmp_path / "orders.db"
    with closing(sqlite3.connect(api.app.state.path)) as connection:
        connection.executescript(orders.SCHEMA)
    return TestClient(api.app)


@pytest.fixture
def order(client):
    return client.post("/orders", params={"product": "lamp"}).json()["number"]
