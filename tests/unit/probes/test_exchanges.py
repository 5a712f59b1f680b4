"""What is kept of an exchange over HTTP: types and what a request needs, no secret, no id, no time."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.model.exchange import OWN_API, Given, HttpCall
from dryfit.model.seam import DRIVER
from dryfit.probes import exchanges
from dryfit.probes.exchanges import CREDENTIAL, FIRST_LOOKS, Exchanges
from dryfit.probes.ids import MADE_UP, guessed_parameters, made_up_id, names_id, template_of

JSON = "application/json"


def call(method="GET", path="/orders", body=None, answer=None, **changes):
    """An exchange with the own interface that tests had; bodies are JSON."""
    asked = json.dumps(body).encode() if body is not None else b""
    given = HttpCall(
        consumer=DRIVER,
        provider=OWN_API,
        test="test_it",
        method=method,
        path=path,
        query="",
        headers={"content-type": JSON, "user-agent": "x", "accept": "*/*"} if asked else {"host": "api"},
        body=asked,
        status=200,
        answer_type="application/json; charset=utf-8",
        answer=json.dumps(answer).encode(),
    )
    return replace(given, **changes)


def kept_of(seen):
    collected = Exchanges()
    collected.see(seen)
    (kept,) = collected.finish(seen.test, passed=True)
    return kept


def test_a_path_is_kept_as_the_framework_knows_it_with_a_made_up_id():
    order = f"order_{uuid4().hex}"
    kept = kept_of(call(path=f"/orders/{order}/payment", parameters={"order_id": order}))
    assert (kept.path, kept.example) == ("/orders/{order_id}/payment", f"/orders/order_{'0' * 32}/payment")
    assert kept.given == (Given("path", "order_id", f"order_{'0' * 32}", "/orders/${order_id}/payment"),)
    assert kept.prepared


def test_a_parameter_that_is_no_id_keeps_its_value():
    kept = kept_of(call(path="/delivery/27498", parameters={"postcode": "27498"}))
    assert (kept.path, kept.example, kept.given) == ("/delivery/{postcode}", "/delivery/27498", ())
    assert not kept.prepared


def test_where_no_framework_tells_the_ids_are_recognised():
    kept = kept_of(call(path=f"/v1/users/17/carts/{uuid4()}/lines"))
    assert kept.path == "/v1/users/{id}/carts/{id2}/lines"
    assert kept.example == f"/v1/users/1/carts/{MADE_UP['uuid']}/lines"


@pytest.mark.parametrize(
    ("path", "parameters", "template"),
    [
        ("/orders/orders", {"order_id": "orders"}, "/orders/{order_id}"),
        ("/users/1/orders/1", {"user": "1", "order": "1"}, "/users/{user}/orders/{order}"),
        ("/files/a/b.txt", {"path": "a/b.txt"}, "/files/{path}"),
        ("/names/%C3%A4", {"name": "ä"}, "/names/{name}"),
        ("/plain", {}, "/plain"),
        ("/gone", {"id": "7"}, "/gone"),
    ],
)
def test_templates_of_paths(path, parameters, template):
    assert template_of(path, parameters) == template


@pytest.mark.parametrize(
    ("text", "named", "made_up"),
    [
        ("0a936cf3-2177-4e92-a6d9-854e55c54e25", False, MADE_UP["uuid"]),
        ("pay_9f8a7b6c5d", False, "pay_0000000000"),
        ("17", True, "1"),
        ("17", False, None),
        ("prod456", True, None),
        ("deadbeef", True, None),  # a word, as far as anybody can tell
        ("V1StGXR8_Z5jdHi6B-myT", False, "0" * 21),
    ],
)
def test_ids_are_told_from_words(text, named, made_up):
    assert made_up_id(text, named=named) == made_up


@pytest.mark.parametrize(
    ("name", "is_id"), [("order_id", True), ("orderId", True), ("valid", False), ("paid", False)]
)
def test_names_of_ids(name, is_id):
    assert names_id(name) == is_id


@given(st.integers(min_value=0), st.uuids(version=4))
def test_what_each_run_makes_anew_makes_no_difference(number, uuid):
    def kept(number, uuid):
        body = {"user_id": number, "key": str(uuid), "at": f"2026-01-{number % 28 + 1:02}", "amount": 5}
        return kept_of(call("POST", f"/users/{number}", body=body, answer={"id": str(uuid), "n": number}))

    assert kept(number, uuid) == kept(3, uuid4())


def test_the_values_of_a_body_stay_but_for_ids_and_times():
    body = {"items": [{"product_id": 17, "code": "prod456"}], "at": "2026-11-22T20:15:00Z", "gift": None}
    kept = kept_of(call("POST", body=body, answer=[]))
    assert json.loads(kept.body) == {
        "items": [{"product_id": 1, "code": "prod456"}],
        "at": MADE_UP["iso-datetime"],
        "gift": None,
    }
    assert kept.given == (Given("$.items[0].product_id", "product_id", 1, "${product_id}"),)


def test_distinct_ids_stay_distinct_and_equal_ones_equal():
    one, two = uuid4(), uuid4()
    body = {
        "from_id": str(one),
        "to_id": str(two),
        "log": [{"id": str(one)}, {"id": 3}, {"id": 4}, {"id": 3}],
    }
    kept = kept_of(call("POST", f"/accounts/{one}", body=body, answer=[]))
    first, second = MADE_UP["uuid"], MADE_UP["uuid"][:-1] + "1"
    assert json.loads(kept.body) == {
        "from_id": first,
        "to_id": second,
        "log": [{"id": first}, {"id": 1}, {"id": 2}, {"id": 1}],
    }
    assert {each.name: each.value for each in kept.given} == {
        "id": first,
        "from_id": first,
        "to_id": second,
        "id2": 1,
        "id3": 2,
    }


def test_nan_is_no_json():
    assert kept_of(replace(call(body=1), body=b"[NaN]")).obstacle == "its body is no JSON"


def test_a_credential_is_given_by_the_state():
    kept = kept_of(call(headers={"authorization": "Bearer s3cr3t", "x-api-key": "k3y", "x-tenant": "north"}))
    assert kept.given == (
        Given("header:authorization", "token", CREDENTIAL, "Bearer ${token}"),
        Given("header:x-api-key", "x_api_key", CREDENTIAL, "${x_api_key}"),
    )
    assert kept.headers == (("x-tenant", "north"),)
    assert "s3cr3t" not in repr(kept)
    assert "k3y" not in repr(kept)


@pytest.mark.parametrize(
    ("seen", "obstacle"),
    [
        (call("POST", body={"user": {"password": "s3cr3t"}}), "its body holds the secret `password`"),
        (call(query="api_key=s3cr3t"), "its query holds the secret `api_key`"),
        (
            call(path="/reset/s3cr3t", parameters={"reset_token": "s3cr3t"}),
            "its path holds the secret `reset_token`",
        ),
        (call(headers={"cookie": "session=s3cr3t"}), "it needs a cookie"),
        (
            replace(call(), body=b"a;b", headers={"content-type": "text/csv; header=absent"}),
            "its body is text/csv, not JSON",
        ),
        (replace(call(), body=None), "its body was streamed"),
        (replace(call(body=1), body=b"{"), "its body is no JSON"),
        (call("POST", body="s3cr3t" * 20_000), "its body is larger than 64 KiB"),
    ],
)
def test_what_cannot_be_sent_again_says_why_and_keeps_no_value(seen, obstacle):
    kept = kept_of(seen)
    assert kept.obstacle == obstacle
    assert "s3cr3t" not in repr(kept)


def test_an_answer_is_kept_as_types():
    many = [{"id": str(uuid4()), "price": 5}, {"id": str(uuid4()), "price": 5.5, "note": "old"}]
    few = [{"id": str(uuid4()), "price": 1}, {"id": str(uuid4()), "price": 2, "note": "a much longer note"}]
    assert kept_of(call(answer=many)) == kept_of(call(answer=few))
    assert kept_of(call(answer=many)) != kept_of(call(answer=[]))


def test_an_answer_that_is_no_json_is_kept_by_its_type():
    kept = kept_of(replace(call(), answer_type="text/html", answer=b"<p>"))
    assert (kept.answer_type, kept.answer.forms) == ("text/html", ())


def test_the_least_example_is_kept_whatever_the_order_of_the_tests():
    calls = [call(test=test, query=query) for test in ("a", "b") for query in ("x=2", "x=1")]
    kept = []
    for order in (calls, calls[::-1]):
        collected = Exchanges()
        found = {}
        for each in order:
            collected.see(each)
            found |= {exchange.key: exchange for exchange in collected.finish(each.test, passed=True)}
        kept.append(found)
    assert kept[0] == kept[1]
    ((example,),) = [tuple(found.values()) for found in kept[:1]]
    assert (example.test, example.query) == ("a", (("x", "1"),))


def test_what_a_failed_test_showed_is_forgotten():
    collected = Exchanges()
    collected.see(call())
    assert collected.finish("test_it", passed=False) == ()
    collected.see(call())
    assert len(collected.finish("test_it", passed=True)) == 1
    collected.see(call())
    assert collected.finish("test_it", passed=True) == ()


def test_an_exchange_knows_which_requests_came_before():
    collected = Exchanges()
    for each in (
        call(path="/a"),
        call("POST", body={"password": "s3cr3t"}, path="/users", status=201),
        call("POST", path="/b", status=409),
        call(path="/c"),
        call(path="/d", provider="elsewhere", consumer="shop"),
    ):
        collected.see(each)
    found = {each.path: each for each in collected.finish("test_it", passed=True)}
    assert {path: each.after for path, each in found.items() if not each.obstacle} == {
        "/a": (),
        "/b": ("POST /users → 201",),
        "/c": ("POST /users → 201",),
        "/d": (),
    }
    assert [path for path, each in sorted(found.items()) if each.prepared] == ["/b", "/c"]


def test_of_many_of_a_kind_ever_fewer_are_looked_at():
    collected = Exchanges()
    for number in range(100):
        collected.see(call(query=f"page-{number:03}=1"))
    kept = collected.finish("test_it", passed=True)
    assert len(kept) == FIRST_LOOKS + 2  # the 32nd and the 64th


def test_too_many_are_told(monkeypatch):
    monkeypatch.setattr(exchanges, "MOST_EXCHANGES", 2)
    collected = Exchanges()
    for number in range(3):
        collected.see(call(path=f"/page-{'abc'[number]}"))
    assert len(collected.finish("test_it", passed=True)) == 2
    assert [each.what for each in collected.skipped] == ["exchanges over HTTP"]


def test_guessed_parameters_have_names_of_their_own():
    assert guessed_parameters("/a/1/b/2") == {"id": "1", "id2": "2"}


_TEXTS = st.sampled_from(["", "7", "x", "2026-01-01", "2026-01-01T10:00:00", str(MADE_UP["uuid"])])
_SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, 10**400, 0.5]) | _TEXTS
_BODIES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "token", "7", "text"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.lists(_BODIES, min_size=2, max_size=8))
def test_a_body_is_told_as_it_is_whatever_was_seen_before(bodies):
    def answers(probe, seen):
        for number, body in enumerate(seen):
            probe.see(call(path=f"/{'x' * (number + 1)}", answer=body))
        return [each.answer for each in probe.finish("test_it", passed=True)]

    assert answers(Exchanges(), bodies) == [answers(Exchanges(), [body])[0] for body in bodies]


def test_a_body_that_is_nested_deeply_is_looked_at_as_far_as_any():
    deep, deeper = ("[" * depth + "]" * depth for depth in (900, 901))
    kept = [kept_of(replace(call(), answer=text.encode())).answer for text in (deep, deeper)]
    assert kept[0] == kept[1]
