import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class PushServer(BaseHTTPRequestHandler):
    notices = []

    def do_POST(self):
        self.notices.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def notices():
    PushServer.notices.clear()
    return PushServer.notices


@pytest.fixture
def url(notices):
    server = HTTPServer(("127.0.0.1", 0), PushServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
