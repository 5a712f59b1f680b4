"""What counts as sent by operations at once: what came back, was not refused, and is more than a question."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dryfit.lab.outgoing import Outgoing
from dryfit.model.crossing import Callee, Crossing, Site
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.model.seam import Effect, Place

SITE = Site("till", None, 0, Place("till.py", 3))


def crossing(name: str, effect: Effect = "send", **values: object) -> Crossing:
    callee = Callee(name.partition(".")[0], name, tuple(values), "library", effect, method=True)
    return Crossing(callee, "till", SITE, tuple(values.values()), None, "a test")


def request(method: str = "POST", path: str = "/charges", **headers: str) -> Crossing:
    asked = SimpleNamespace(
        method=method, url=f"http://127.0.0.1:8123{path}", headers=headers, _content=b'{"cents": 5}'
    )
    return crossing("httpx.Client.send", self=None, request=asked)


def redis(*words: str) -> Crossing:
    client = SimpleNamespace(connection_pool=SimpleNamespace(connection_kwargs={}))
    return crossing("redis.Redis.execute_command", "write", self=client, args=words)


def sent(*crossings: Crossing, outcome: Outcome | None = None) -> list[str]:
    outgoing = Outgoing()
    for each in crossings:
        outgoing.before(each)
        outgoing.after(each, outcome or Returned(SimpleNamespace(status_code=201)))
    return [each.what for each in outgoing.sent()]


CHARGE = "POST http://127.0.0.1/charges"


def test_a_request_that_was_answered_is_told_leaf_by_leaf():
    outgoing = Outgoing()
    charge = request()
    assert outgoing.before(charge) == CHARGE
    outgoing.after(charge, Returned(SimpleNamespace(status_code=201)))
    (found,) = outgoing.sent()
    assert (found.callable, found.what) == ("httpx.Client.send", CHARGE)
    assert found.told == (("", f'"{CHARGE}"'), ("[0].cents", "5"), ("[1]", "null"))


def test_the_same_twice_is_sent_twice():
    assert sent(request(), request()) == [CHARGE] * 2


@pytest.mark.parametrize(
    "crossings",
    [
        (request("GET"),),
        (request(path="/oauth/token"),),
        (crossing("subprocess.Popen.__init__", args=["ls"]),),
        (redis("SET", "a", "1"),),
        (redis("GET", "a"),),
        (crossing("builtins.open", "write", arguments=("a.txt", "w"), options={}),),
    ],
    ids=["a question", "a token", "a program", "a key", "a look at a key", "a file"],
)
def test_what_only_asks_or_stays_in_a_database_is_not_sent(crossings):
    assert sent(*crossings) == []


@pytest.mark.parametrize(
    "outcome",
    [
        Raised(ConnectionError("nobody there")),
        Returned(SimpleNamespace(status_code=409)),
        Returned(SimpleNamespace(status=503)),
    ],
    ids=["no answer", "refused", "unable"],
)
def test_what_the_other_side_did_not_do_is_not_sent(outcome):
    assert sent(request(), outcome=outcome) == []


def test_a_message_is_sent():
    assert sent(redis("PUBLISH", "orders", "paid"), outcome=Returned(1)) == ["PUBLISH orders paid"]


def test_a_request_with_the_same_idempotency_key_takes_effect_once():
    key = {"Idempotency-Key": "A-1"}
    assert sent(request(**key), request(**key)) == [CHARGE]
    assert sent(request(**key), request(**{"Idempotency-Key": "A-2"})) == [CHARGE] * 2


def test_what_an_earlier_run_had_begun_belongs_to_none():
    outgoing = Outgoing()
    late = request()
    outgoing.before(late)
    outgoing.begin()
    outgoing.after(late, Returned(SimpleNamespace(status_code=201)))
    assert outgoing.sent() == ()
