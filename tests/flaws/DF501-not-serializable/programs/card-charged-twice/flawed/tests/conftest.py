import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest


class CardServer(BaseHTTPRequestHandler):
    charges = []

    def do_POST(self):
        self.charges.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def charges():
    CardServer.charges.clear()
    return CardServer.charges


@pytest.fixture
def client(charges):
    server = HTTPServer(("127.0.0.1", 0), CardServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=5) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()
