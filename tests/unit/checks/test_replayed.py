"""What of a replay is a finding: no choice of the fake's data explains it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.checks import replayed
from dryfit.checks.stand_ins import Evidence
from dryfit.model.seam import Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import Answer, Consumers, Original, Replayed, ResultUse
from dryfit.model.trace import Mutation, Observations

PRICE = "payment.Prices.of"
SITE = Place("order.py", 10, "total")
USED = {(SITE, "of"): ResultUse(ways=("computed",))}

NUMBER = Answer("returned", "int", Shape((Form("int", "number", low=1, high=1),)))
TEXT = Answer("returned", "str", Shape((Form("str", "text", ("text",), 1, 1),)))
NONE = Answer("returned", "NoneType", Shape((Form("NoneType", "none"),)))


def raised(name, *bases):
    return Answer("raised", name, bases=(*bases, "Exception"))


UNKNOWN, LOOKUP, OUTAGE = (
    raised("payment.Unknown"),
    raised("KeyError", "LookupError"),
    raised("payment.Offline"),
)


@pytest.fixture
def judged(make):
    """Gives severity and text of what is said of pairs of a real and a fake answer, all in one state of the fake."""

    def _judged(*pairs, lived=(), seen=(NUMBER, UNKNOWN), states=None, incidents=()):
        numbers = states or [0] * len(pairs)
        replays = [
            Replayed(
                Seam("order", "payment", PRICE),
                SITE,
                "Fake.of",
                (("sku", "str"),),
                real,
                fake,
                "test_fake",
                f"test_{number}",
                str(numbers[number]),
                tuple(lived),
            )
            for number, (real, fake) in enumerate(pairs)
        ]
        real = [_behaviour(make, answer, "") for answer in seen]
        fakes = [_behaviour(make, answer, "replacement") for answer in (lived or [NUMBER])]
        observations = Observations(
            behaviours=(*real, *fakes), incidents=(*replays, Original(PRICE, None, "function"), *incidents)
        )
        evidence = Evidence(make.project(), observations)
        judgement = replayed.judge(evidence, observations, Consumers(USED, {}, frozenset()))
        return [(each.severity, each.message.partition(" the fake ")[2]) for each in judgement.findings] + [
            each.reason for each in judgement.skipped
        ]

    return _judged


def _behaviour(make, answer, stand_in):
    made = make.behaviour(PRICE, SITE, outcome=answer.outcome, stand_in=stand_in)
    return replace(made, key=f"{answer.type} {stand_in}", result_type=answer.type, result=answer.shape)


def test_none_for_what_the_real_one_refuses(judged):
    text = "Fake.of returned None, where the real one raised payment.Unknown."
    assert judged((UNKNOWN, NONE), lived=[NUMBER]) == [("error", text)]
    assert judged((UNKNOWN, NONE), (NUMBER, NUMBER)) == [("error", text)]


def test_a_fake_that_does_nothing_is_silent(judged):
    assert judged((UNKNOWN, NONE), (NUMBER, NONE), lived=[NONE]) == []


def test_none_is_no_wonder_where_the_real_one_returns_it_too(judged):
    assert judged((UNKNOWN, NONE), lived=[NUMBER], seen=(NUMBER, NONE, UNKNOWN)) == []


def test_another_exception_for_the_same_input(judged):
    text = "Fake.of raised KeyError, where the real one raised payment.Unknown."
    assert judged((UNKNOWN, LOOKUP), lived=[NUMBER]) == [("error", text)]


@pytest.mark.parametrize(
    "fake",
    [
        *(UNKNOWN, raised("payment.Sold", "payment.Unknown"), raised("Exception"), raised("payment.Known")),
        *(raised("AssertionError"), raised("IndexError"), raised("test_a.Stop", "NotImplementedError")),
        Answer("raised", "SystemExit", bases=("BaseException",)),
    ],
    ids=lambda answer: answer.type,
)
def test_exceptions_that_say_nothing(judged, fake):
    real = raised("payment.Unknown", "payment.Known")
    assert judged((real, fake), lived=[NUMBER], seen=(NUMBER, real)) == []


def test_a_fake_that_is_down_refuses_nothing(judged):
    assert judged((UNKNOWN, OUTAGE), (NUMBER, OUTAGE), lived=[OUTAGE]) == []
    assert judged((UNKNOWN, OUTAGE), (UNKNOWN, NUMBER), states=[0, 1], lived=[OUTAGE]) == []


def test_what_a_fake_cannot_answer_it_has_no_data_for(judged):
    assert judged((NUMBER, LOOKUP), (NUMBER, NONE), (NUMBER, UNKNOWN), lived=[NUMBER]) == []


def test_a_fake_that_refuses_less(judged):
    text = "Fake.of returned int, where the real one raised payment.Unknown."
    assert judged((UNKNOWN, NUMBER), (UNKNOWN, UNKNOWN)) == [("warning", text)]
    assert judged((UNKNOWN, NUMBER), (NUMBER, NUMBER)) == []
    assert judged((UNKNOWN, NUMBER), (UNKNOWN, UNKNOWN), states=[0, 1]) == []


def test_another_kind_of_value(judged):
    text = "Fake.of returned str, where the real one returned int."
    assert judged((NUMBER, TEXT), lived=[NUMBER]) == [("error", text)]


def test_a_kind_that_the_real_one_gives_to_others(judged):
    text = "Fake.of returned str, where the real one returned int."
    both = (NUMBER, TEXT)
    assert judged((NUMBER, TEXT), lived=[NUMBER], seen=both) == [("warning", text)]
    assert judged((NUMBER, TEXT), (TEXT, TEXT), lived=[TEXT], seen=both) == []


def test_the_real_one_may_have_found_nothing(judged):
    assert judged((NONE, TEXT), lived=[NUMBER], seen=(NONE,)) == []


def test_what_it_did_at_work_is_told_already(judged):
    assert judged((NUMBER, TEXT), lived=[TEXT]) == []


def test_a_callable_that_changes_its_arguments_is_left_out(judged):
    change = Mutation(Seam("order", "payment", PRICE), SITE, "skus", "list", "1 item added", "test_real")
    told = judged((UNKNOWN, NONE), lived=[NUMBER], incidents=[change])
    assert told == ["the real one changes its arguments"]
