import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Wholesaler(BaseHTTPRequestHandler):
    orders = {}

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Idempotency-Key") or f"order {len(self.orders)}"
        self.orders.setdefault(key, order)
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def wholesaler():
    Wholesaler.orders.clear()
    server = HTTPServer(("127.0.0.1", 0), Wholesaler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
