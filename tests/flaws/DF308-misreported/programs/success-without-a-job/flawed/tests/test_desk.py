import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from desk import Desk


class Printer(BaseHTTPRequestHandler):
    jobs = {}

    def do_POST(self):
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.jobs[self.headers["Idempotency-Key"]] = job["text"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def client():
    Printer.jobs.clear()
    server = HTTPServer(("127.0.0.1", 0), Printer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=5) as client:
        yield client
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_text_is_handed_in(client):
    answer = Desk(client).print("letter-7", "Dear Ann")
    assert answer == {"job": "letter-7", "pages": 1, "status": "success"}
    assert Printer.jobs == {"letter-7": "Dear Ann"}
