import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from invoices import Invoices

RATES = {"/latest/USD": 1.1, "/2024-05-02/USD": 1.2}


class Rates(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"rate": RATES[self.path]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def invoices():
    server = HTTPServer(("127.0.0.1", 0), Rates)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=5) as client:
        yield Invoices(client)
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_quote_is_at_the_latest_rate(invoices):
    assert invoices.quote(100, "USD") == 110


def test_a_total_is_at_the_rate_of_the_day(invoices):
    assert invoices.total(100, "USD", "2024-05-02") == 120
