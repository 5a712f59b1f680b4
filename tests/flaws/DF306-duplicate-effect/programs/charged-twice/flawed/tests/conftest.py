import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest


class Gateway(BaseHTTPRequestHandler):
    charges = {}

    def do_POST(self):
        charge = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Idempotency-Key") or f"charge {len(self.charges)}"
        number, _ = self.charges.setdefault(key, (len(self.charges) + 1, charge))
        body = json.dumps({"id": number}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def charges():
    Gateway.charges.clear()
    return Gateway.charges


@pytest.fixture
def client(charges):
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=5) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()
