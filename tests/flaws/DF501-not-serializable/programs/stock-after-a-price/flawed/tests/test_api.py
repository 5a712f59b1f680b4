import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from fastapi.testclient import TestClient

import api
import warehouse


class Service(StreamRequestHandler):
    def handle(self):
        assert self.rfile.readline() == b"lamp\n"
        self.wfile.write(b"7\n")


@pytest.fixture(scope="session")
def port():
    with ThreadingTCPServer(("127.0.0.1", 0), Service) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


@pytest.fixture
def client(port, monkeypatch):
    monkeypatch.setenv("PRICES_PORT", str(port))
    monkeypatch.setitem(warehouse.stock, "lamp", 3)
    with TestClient(api.app) as client:
        yield client


def test_lamps_are_sold_at_the_price_of_the_day(client):
    reply = client.post("/goods/lamp/sales", params={"number": 2})
    assert (reply.status_code, reply.json()) == (201, {"price": 14})
    assert warehouse.stock == {"lamp": 1}


def test_no_more_lamps_than_there_are(client):
    assert client.post("/goods/lamp/sales", params={"number": 4}).status_code == 409
