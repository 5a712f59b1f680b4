"""Contracts in Pact's format, read by Pact's own verifier too."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pact import Verifier

from dryfit.model.exchange import OWN_API, Exchange, Given
from dryfit.model.seam import DRIVER
from dryfit.model.shape import Form, Shape
from dryfit.report.pact import left_out, pacts

TEXT = Shape((Form("str", "text"),))
NUMBER = Shape((Form("number", "number"),))
UUID = Shape((Form("str", "text", formats=("uuid",)),))
TIME = Shape((Form("str", "text", formats=("iso-datetime",)),))


def fields(*optional, **shapes):
    return Shape((Form("dict", "mapping", fields=tuple(sorted(shapes.items())), optional=optional),))


def items(shape):
    return Shape((Form("list", "sequence", items=shape),))


ORDER = Exchange(
    consumer=DRIVER,
    provider=OWN_API,
    method="POST",
    path="/orders/{order_id}/lines",
    status=201,
    test="tests/test_orders.py::test_lines",
    prepared=True,
    after=("POST /orders → 201",),
    example="/orders/1/lines",
    given=(
        Given("path", "order_id", "1", "/orders/${order_id}/lines"),
        Given("header:authorization", "token", "given-by-the-state", "Bearer ${token}"),
    ),
    asked_type="application/json",
    asked=fields(product=TEXT),
    body='{"product": "tea"}',
    answer_type="application/json",
    answer=fields("note", id=UUID, lines=items(fields(price=NUMBER)), note=TEXT),
)


def document(*exchanges):
    (pact,) = pacts(exchanges, tests="tests", api="shop")
    return json.loads(pact.document())


def only(*exchanges):
    (interaction,) = document(*exchanges)["interactions"]
    return interaction


def test_an_interaction_states_types_and_asks_the_state_for_values():
    type_ = {"combine": "AND", "matchers": [{"match": "type"}]}
    interaction = only(ORDER)
    assert interaction["description"] == "POST /orders/{order_id}/lines → 201"
    assert interaction["providerStates"] == [
        {
            "name": "tests/test_orders.py::test_lines",
            "params": {"after": ["POST /orders → 201"], "order_id": "1", "token": "given-by-the-state"},
        }
    ]
    assert interaction["request"] == {
        "method": "POST",
        "path": "/orders/1/lines",
        "headers": {
            "Authorization": ["Bearer given-by-the-state"],
            "Content-Type": ["application/json"],
        },
        "body": {"content": {"product": "tea"}, "contentType": "application/json", "encoded": False},
        "matchingRules": {
            "path": {"combine": "AND", "matchers": [{"match": "regex", "regex": "^/orders/[^/]+/lines$"}]},
            "header": {"Authorization": type_},
            "body": {"$": type_},
        },
        "generators": {
            "path": {
                "type": "ProviderState",
                "expression": "/orders/${order_id}/lines",
                "dataType": "STRING",
            },
            "header": {
                "Authorization": {
                    "type": "ProviderState",
                    "expression": "Bearer ${token}",
                    "dataType": "STRING",
                }
            },
        },
    }
    response = interaction["response"]
    assert response["status"] == 201
    assert response["body"]["content"] == {
        "id": "00000000-0000-4000-8000-000000000000",
        "lines": [{"price": 1}],
    }
    assert {path: rule["matchers"][0] for path, rule in response["matchingRules"]["body"].items()} == {
        "$": {"match": "type"},
        "$.id": {"match": "regex", "regex": "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"},
        "$.lines": {"match": "type", "min": 1},
    }


def test_a_request_that_was_answered_in_two_ways_depends_on_the_tests():
    plain = replace(ORDER, prepared=False, after=(), given=(), answer=TEXT)
    refused = replace(plain, status=409, test="tests/test_orders.py::test_twice")
    assert "providerStates" not in only(plain)
    states = [each["providerStates"][0]["name"] for each in document(plain, refused)["interactions"]]
    assert states == ["tests/test_orders.py::test_lines", "tests/test_orders.py::test_twice"]


def test_descriptions_are_distinct():
    other = replace(ORDER, answer=TEXT, test="tests/test_orders.py::test_text")
    third = replace(other, answer=NUMBER)
    assert {each["description"] for each in document(ORDER, other, third)["interactions"]} == {
        "POST /orders/{order_id}/lines → 201, as in test_lines",
        "POST /orders/{order_id}/lines → 201, as in test_text",
        "POST /orders/{order_id}/lines → 201, as in test_text (2)",
    }


def test_a_body_that_is_null_is_not_stated():
    interaction = only(replace(ORDER, answer=Shape((Form("NoneType", "none"),))))
    assert "body" not in interaction["response"]


def test_each_consumer_and_provider_have_a_file():
    sent = replace(ORDER, consumer="shop.payments", provider="api.example.com:8443")
    made = pacts([ORDER, sent], tests="web", api="shop")
    assert [pact.file_name for pact in made] == ["shop.payments-api.example.com_8443.json", "web-shop.json"]


def test_what_cannot_be_sent_again_is_told_and_not_written():
    secret = replace(ORDER, obstacle="it needs a cookie", example="", body="", given=())
    assert pacts([secret], tests="tests", api="shop") == ()
    assert left_out([secret, ORDER]) == (
        "POST /orders/{order_id}/lines → 201: it needs a cookie (tests/test_orders.py::test_lines)",
    )


# What Pact makes of it.

KEYED = Shape((Form("dict", "mapping", formats=("str keys",), items=NUMBER),))
VARIED = Shape((Form("NoneType", "none"), Form("str", "text")))
SEEN = [
    (TEXT, "a", 5),
    (NUMBER, 7, "7"),
    (NUMBER, 7.5, None),
    (Shape((Form("bool", "bool"),)), False, "false"),
    (fields(a=TEXT, b=NUMBER), {"a": "x", "b": 2.5, "more": []}, {"a": "x"}),
    (fields("b", a=TEXT, b=NUMBER), {"a": "x"}, {"b": 2}),
    (fields(a=UUID), {"a": "12345678-1234-4123-8123-123456789abc"}, {"a": "12345678"}),
    (fields(a=TIME), {"a": "2026-11-22T20:15:00.123456+01:00"}, {"a": "yesterday"}),
    (fields(**{"a-b": TIME}), {"a-b": "2026-11-22 20:15"}, {"a-b": "yesterday"}),
    (fields(a=VARIED, b=NUMBER), {"a": 5, "b": 1}, {"a": "x", "b": "1"}),
    (items(fields(a=TEXT)), [{"a": "x"}, {"a": "y"}], [{"a": 1}]),
    (items(fields(a=TEXT)), [{"a": "x"}], []),
    (Shape((Form("list", "sequence"),)), [], {}),
    (fields(a=Shape((Form("dict", "cut"),)), b=TEXT), {"a": {"deep": 1}, "b": ""}, {"a": {}, "b": 1}),
    (fields(token=Shape((Form("NoneType", "secret"),)), b=TEXT), {"token": 1, "b": ""}, {"b": 1}),
    (fields(token=Shape((Form("str", "secret"),))), {"token": "x"}, {"token": 1}),
    (KEYED, {"id-5": 5, "id-6": 6}, {"id-5": "5"}),
]


class Answers(BaseHTTPRequestHandler):
    """Answers `/seen/3` as the third example was, and `/other/3` as it was not."""

    def do_GET(self):
        kind, place = self.path.strip("/").split("/")
        content = json.dumps(SEEN[int(place)][1 if kind == "seen" else 2]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def verify(tmp_path, monkeypatch):
    """Has Pact verify exchanges against the answers; gives what failed by description."""
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")

    def _verify(*exchanges):
        (pact,) = pacts(exchanges, tests="tests", api="answers")
        file = tmp_path / pact.file_name
        file.write_text(pact.document(), encoding="utf-8")
        with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            verifier = Verifier("answers", host="127.0.0.1").add_source(str(file))
            try:
                verifier.add_transport(url=f"http://127.0.0.1:{server.server_port}").verify()
            except RuntimeError:
                return {each["interaction"].rpartition(" - ")[2] for each in verifier.results["errors"]}
            finally:
                server.shutdown()
                thread.join()
        return set()

    return _verify


def asked(kind, place):
    path = f"/{kind}/{place}"
    return Exchange(
        *(DRIVER, OWN_API, "GET", path, 200, "test_it"),
        example=path,
        answer_type="application/json",
        answer=SEEN[place][0],
    )


def test_pact_finds_what_was_seen_to_keep_its_types_and_all_else_not(verify):
    places = range(len(SEEN))
    failed = verify(*(asked(kind, place) for place in places for kind in ("seen", "other")))
    assert failed == {f"GET /other/{place} → 200" for place in places}
