import json
import threading
from hashlib import md5
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from shipping import Shipping


class Queue(BaseHTTPRequestHandler):
    messages = {}

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = said.get("MessageDeduplicationId") or f"message {len(self.messages)}"
        self.messages.setdefault(key, said["MessageBody"])
        reply = {"MessageId": key, "MD5OfMessageBody": md5(said["MessageBody"].encode()).hexdigest()}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(reply).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def shipping():
    Queue.messages.clear()
    server = HTTPServer(("127.0.0.1", 0), Queue)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    who = {"region_name": "x", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    yield Shipping(boto3.client("sqs", endpoint_url=url, **who), f"{url}/1/parcels.fifo")
    server.shutdown()
    server.server_close()
    thread.join()
