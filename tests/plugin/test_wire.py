"""``dryfit check`` lets the wire fail below clients that try again by themselves: real sessions, real connections."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("requests")

ORDERS = {
    "orders.py": """
        import prices

        def order(session, url, number):
            cents = prices.of(number)
            return session.post(f"{url}/orders", json={"number": number, "cents": cents}, timeout=5).ok
    """,
    "prices.py": """
        def of(number):
            return 1250
    """,
    "test_orders.py": """
        import json
        import threading
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        import orders
        import pytest
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util.retry import Retry

        class Shop(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            orders = []

            def do_POST(self):
                self.orders.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.do_GET()

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        @pytest.fixture(scope="session")
        def url():
            with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
                threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
                yield f"http://127.0.0.1:{server.server_port}"
                server.shutdown()

        @pytest.fixture(scope="session")
        def session(url):
            with requests.Session() as session:
                session.mount("http://", HTTPAdapter(max_retries=Retry(3, allowed_methods=None)))
                session.get(url)  # a connection that lives longer than any test
                yield session

        @pytest.mark.parametrize("number", [1, 2])
        def test_an_order_is_placed(session, url, number):
            assert orders.order(session, url, number)
    """,
}

MENDED = {
    "orders.py": """
        import prices

        def order(session, url, number):
            cents = prices.of(number)
            once = {"Idempotency-Key": str(number)}
            document = {"number": number, "cents": cents}
            return session.post(f"{url}/orders", json=document, headers=once, timeout=5).ok
    """,
}


@pytest.fixture
def shop(empty_project):
    empty_project.write(ORDERS)
    return empty_project


def findings(project):
    ended = project.dryfit("check", "--only", "exceptions", "--json", "found.json")
    report = project.root / "found.json"
    assert report.exists(), ended.out + ended.err
    return ended, [each for each in json.loads(report.read_text())["findings"] if each["rule"] == "DF306"]


def test_what_a_client_does_twice_by_itself_is_found_and_shown_again(shop):
    ended, (finding,) = findings(shop)
    assert ended.status == 1
    assert finding["seam"]["callable"] == "requests.Session.send"
    assert finding["message"].startswith(
        "requests, called by orders.order, does again what was done, when requests.Session.send has done its work"
        " and the wire loses its reply (twice: http://127.0.0.1: POST http://127.0.0.1/orders"
    )
    assert finding["evidence"]["faults"] == [
        "requests.Session.send (orders.py:6) has done its work and the wire loses its reply",
        "requests.Session.send (orders.py:6) has done its work and its reply comes too late",
    ]
    for _ in range(2):
        again = shop.dryfit("replay", finding["id"])
        assert again.status == 1, again.out + again.err
        assert f"{finding['id']} is shown again" in again.out


def test_a_key_that_the_server_knows_again_makes_it_harmless(shop):
    shop.write(MENDED)
    _, found = findings(shop)
    assert found == []
