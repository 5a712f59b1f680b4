"""DF203: what stand-ins did and the real one never does; and when that is nobody's fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dryfit.checks.mock_drift import judge, questions
from dryfit.checks.stand_ins import Evidence
from dryfit.model.contract import Contract, Term
from dryfit.model.seam import DRIVER, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.stand_in import (
    ClassFacts,
    Consumers,
    Original,
    Replacement,
    ResultUse,
    StandInCall,
)
from dryfit.model.structure import Interface, Parameter
from dryfit.model.trace import Violation

PAY = "payment.Processor.pay"
AMOUNT = (Parameter("amount", "positional-or-keyword"),)
HANDED_ON = ResultUse(ways=("handed on",))

INT = Shape((Form("int", "number"),))
TEXT = Shape((Form("str", "text"),))
MAPPING = Shape((Form("dict", "mapping", fields=(("id", INT),)),))


class Case:
    """A caller, a stand-in and a real callable, at one place, and what is told of them."""

    def __init__(self, make):
        self.make = make

    def fake(self, result=TEXT, line=10, **more):
        return self.behaviour(result, line, **{"stand_in": "Mock"} | more)

    def real(self, result=INT, line=20, **more):
        return self.behaviour(result, line, **more)

    def behaviour(self, result, line, **more):
        made = self.make.behaviour(place=self.make.place(line), result=result.forms[0].type, **more)
        return replace(made, result=result)

    def raised(self, exception, line=20, **more):
        return self.behaviour(Shape((Form(exception, "exception"),)), line, outcome="raised", **more)

    def call(self, positional=1, keywords=(), stand_in="Mock", line=10, **more):
        place = self.make.place(line)
        return StandInCall(self.make.seam(), place, stand_in, positional, keywords, "test_it", **more)

    def violation(self, found="str", hint="int"):
        return Violation(self.make.seam(), self.make.place(), "return", hint, found, "test_it", False, "Mock")

    def judged(self, *behaviours, facts=(), use=HANDED_ON, kind="function", **more):
        consumed = {}
        if use is not None:
            consumed = {(self.make.place(line), "pay"): use for line in (10, 11)}
        unread, never = more.pop("unread", {}), more.pop("never", ())
        by_name = frozenset({(self.make.place(20), "pay")} if more.pop("by_name", True) else ())
        original = () if kind is None else (Original(PAY, AMOUNT, kind),)
        seen = self.make.observations(*behaviours, incidents=(*original, *facts))
        evidence = Evidence(self.make.project(), seen, **more)
        consumers = Consumers(consumed, unread, frozenset(never), by_name=by_name)
        return judge(evidence, seen, consumers).findings

    def told(self, *behaviours, **more):
        """The sub-kinds and severities of what is found."""
        return [(sub_kind(each), each.severity) for each in self.judged(*behaviours, **more)]


def sub_kind(finding):
    return fact(finding, "sub-kind")[0]


def fact(finding, name):
    return next(each.value for each in finding.evidence if each.name == name)


@pytest.fixture
def case(make):
    return Case(make)


# What it returned.


def test_another_type(case):
    (found,) = case.judged(case.fake(), case.real())
    assert (found.rule, found.severity, found.seam) == ("DF203", "error", case.make.seam())
    assert found.message == (
        "A stand-in of Processor.pay of payment returns str, where the real one returns int."
    )
    assert fact(found, "sub-kind") == ("return-type",)
    assert fact(found, "stand-ins") == ("Mock",)
    assert fact(found, "known from") == "what the real one did in this run"
    assert (fact(found, "stand-in gave"), fact(found, "real one gave")) == ("str", "int")
    assert found.test == "test_it"


def test_the_same_difference_in_two_places_is_one_finding(case):
    (found,) = case.judged(case.fake(), case.fake(line=11), case.real())
    assert fact(found, "sub-kind") == ("return-type",)


def test_its_id_says_nothing_of_places(case):
    (one,) = case.judged(case.fake(), case.real())
    (other,) = case.judged(case.fake(line=11), case.real(line=33))
    assert one.id == other.id


@pytest.mark.parametrize(
    ("use", "severity"), [(HANDED_ON, ["error"]), (ResultUse(), []), (None, ["warning"])]
)
def test_what_the_caller_does_with_it_decides(case, use, severity):
    assert [each.severity for each in case.judged(case.fake(), case.real(), use=use)] == severity


def test_where_the_evidence_is_from(case):
    agreed = Contract(frozenset({Term("order", PAY, "return", "int")}))
    weak = case.real(weak=True)
    for behaviours, more, severity, known in [
        ([weak], {}, "warning", "what the real one did: below a stand-in"),
        ([], {"earlier": [case.real()]}, "error", "what the real one did: an earlier run"),
        ([], {"contract": agreed}, "error", "what the real one did: the contract"),
    ]:
        (found,) = case.judged(case.fake(), *behaviours, **more)
        assert (found.severity, fact(found, "known from")) == (severity, known)
    assert case.judged(case.fake()) == ()


def test_what_the_real_one_gave_at_the_very_place_is_right_there(case):
    overridden = case.real(TEXT, line=10, callable_name="stock.Other.pay")
    assert case.told(case.fake(), case.real(), overridden) == []


@pytest.mark.parametrize("kind", ["other", "generator"])
def test_what_a_call_of_it_does_not_give_is_not_compared(case, kind):
    assert case.judged(case.fake(INT), case.real(TEXT), kind=kind) == ()


def test_a_list_for_a_generator(case):
    listed = Shape((Form("list", "sequence", items=INT),))
    again = ResultUse(ways=("iterated", "read again"))
    assert case.told(case.fake(listed), kind="generator", use=again) == [("return-type", "error")]
    once = ResultUse(ways=("iterated",))
    assert case.told(case.fake(listed), kind="generator", use=once) == []


@pytest.mark.parametrize(
    ("returns", "facts", "expected"),
    [
        ("int | str", [], []),
        ("int", [], []),  # the annotation was asked, and took what the stand-in gave
        ("int", ["violation"], ["return-type"]),
        ("Any", [], ["return-type"]),
        ("dict[str, object]", [], ["return-type"]),
        ("", [], ["return-type"]),
    ],
)
def test_what_an_annotation_admits_is_believed(case, returns, facts, expected):
    original = Original(PAY, AMOUNT, "function", returns)
    told = [original, *(case.violation() for _ in facts)]
    found = case.judged(case.fake(), case.real(), facts=told, kind=None)
    assert [sub_kind(each) for each in found] == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([("module", "module"), ("type", "type")], []),
        ([("module", "module"), ("type", "type"), ("str", "module")], [("return-type", "error")]),
        ([("module", "module")], [("return-type", "error")]),  # it may be chance
    ],
)
def test_what_both_hand_back_is_what_each_was_given(case, asked, expected):
    fake = case.fake(arguments={"name": TEXT})
    seen = [
        case.real(
            Shape((Form(result, "object"),)), 20 + each, arguments={"name": Shape((Form(given, "object"),))}
        )
        for each, (given, result) in enumerate(asked)
    ]
    assert case.told(fake, *seen) == expected


# What its annotation says.


def test_an_annotation_tells_where_nothing_was_seen(case):
    (found,) = case.judged(case.fake(), facts=[case.violation()])
    assert (sub_kind(found), found.severity) == ("return-type", "error")
    assert fact(found, "known from") == "its annotation"
    assert found.message == (
        "A stand-in of Processor.pay of payment returned str, where the real one declares int."
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [("tuple of 2", "tuple-arity"), ("dict without 'id'", "missing-key"), ("str", "return-type")],
)
def test_what_an_annotation_misses(case, found, expected):
    assert case.told(facts=[case.violation(found)]) == [(expected, "error")]


def test_what_was_seen_and_what_is_declared_are_one_finding(case):
    (found,) = case.judged(case.fake(), case.real(weak=True), facts=[case.violation()])
    assert found.severity == "error"  # it is declared
    assert fact(found, "real one gave") == "int"


def test_an_annotation_that_the_real_one_breaks_too_tells_nothing(case):
    assert case.told(case.fake(), case.real(TEXT), facts=[case.violation()]) == []


def test_an_annotation_of_what_is_thrown_away_tells_nothing(case):
    assert case.told(case.fake(), facts=[case.violation()], use=ResultUse()) == []
    assert case.told(case.fake(), facts=[case.violation()], use=None) == [("return-type", "warning")]


# How it was called.


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"positional": 1}, []),
        ({"positional": 0, "keywords": ("amount",)}, []),
        ({"positional": 2}, ["wrong-arity"]),
        ({"positional": 0}, ["wrong-arity"]),
        ({"positional": 1, "keywords": ("gift",)}, ["wrong-keyword"]),
        ({"positional": 0, "keywords": ("x",), "bound": True}, []),
        ({"positional": 0, "keywords": ("amount", "gift"), "bound": True}, ["wrong-keyword"]),
        ({"positional": 0, "keywords": (), "bound": True}, []),
    ],
)
def test_a_call_that_the_signature_refuses(case, call, expected):
    found = case.judged(facts=[case.call(**call)])
    assert [sub_kind(each) for each in found] == expected
    assert {each.severity for each in found} <= {"error"}
    assert {fact(each, "known from") for each in found} <= {"its signature"}


def test_a_bound_call_of_what_takes_anything(case):
    anything = Original(PAY, (*AMOUNT, Parameter("more", "var-positional")), "function")
    call = case.call(0, ("amount", "gift"), bound=True)
    assert case.judged(facts=[anything, call], kind=None) == ()


def test_without_a_signature_no_call_is_wrong(case):
    assert case.judged(facts=[case.call(9)], kind=None) == ()


def test_an_override_with_another_signature_was_called_there_too(case):
    override = case.real(line=10, callable_name="stock.Other.pay")
    assert case.judged(override, facts=[case.call(2)]) == ()
    assert case.told(case.real(line=10), facts=[case.call(2)]) == [("wrong-arity", "error")]


# Whether it is awaited.


AWAITED = ResultUse(ways=("awaited",))


@pytest.mark.parametrize(
    ("kind", "stand_in", "use", "expected"),
    [
        ("coroutine", "MagicMock", AWAITED, ["sync-for-async"]),
        ("coroutine", "replacement", None, ["sync-for-async"]),
        ("coroutine", "AsyncMock", AWAITED, []),
        ("coroutine", "async replacement", AWAITED, []),
        ("function", "AsyncMock", HANDED_ON, ["async-for-sync"]),
        ("function", "async replacement", None, ["async-for-sync"]),
        ("function", "AsyncMock", AWAITED, []),  # perhaps it gives something to be awaited
        ("function", "Mock", AWAITED, []),
        ("other", "Mock", AWAITED, []),
        ("other", "AsyncMock", HANDED_ON, []),
    ],
)
def test_whether_it_has_to_be_awaited(case, kind, stand_in, use, expected):
    found = case.judged(facts=[case.call(stand_in=stand_in)], kind=kind, use=use)
    assert [sub_kind(each) for each in found] == expected
    assert {fact(each, "known from") for each in found} <= {"its definition"}


def test_what_gives_something_to_be_awaited_is_as_good(case):
    coroutine = Shape((Form("coroutine", "coroutine"),))
    call = case.call(stand_in="Mock")
    assert case.told(case.fake(coroutine), facts=[call], kind="coroutine", use=AWAITED) == []
    call = case.call(stand_in="AsyncMock")
    assert case.told(case.real(coroutine), facts=[call], use=AWAITED) == []
    assert case.told(case.real(), facts=[call], use=AWAITED) == [("async-for-sync", "error")]


# What it raised.


DECLINED = "payment.Declined"


def test_an_exception_that_nothing_raises(case):
    fake = case.raised(DECLINED, line=10, stand_in="Mock")
    (found,) = case.judged(fake, never=[("payment", DECLINED)])
    assert (sub_kind(found), found.severity) == ("never-raised", "warning")
    assert found.message.endswith(
        f"raised {DECLINED}, which nothing that the real one can reach ever raises."
    )
    assert case.judged(fake) == ()


@pytest.mark.parametrize(
    ("exception", "seen", "asked"),
    [
        (DECLINED, [], True),
        (DECLINED, [DECLINED], False),
        (DECLINED, ["payment.Refused"], False),  # its base
        ("requests.Timeout", [], False),
        ("ValueError", [], False),
        ("ValueError", [DECLINED], True),
        ("OSError", [DECLINED], False),
    ],
)
def test_which_exceptions_are_looked_for(case, exception, seen, asked):
    known = ClassFacts(DECLINED, (), ("payment.Refused",))
    fake = case.raised(exception, line=10, stand_in="Mock")
    real = [case.raised(each) for each in seen]
    observed = case.make.observations(fake, *real, incidents=(known, case.call()))
    evidence = Evidence(case.make.project(), observed)
    assert questions(evidence, observed).raised == ({("payment", exception)} if asked else frozenset())


# What it never did.


NONE = Shape((Form("None", "none"),))


def test_none_that_no_stand_in_returns(case):
    (found,) = case.judged(case.fake(INT), case.real(), case.real(NONE, line=21))
    assert (sub_kind(found), found.severity) == ("unmocked-outcome", "warning")
    assert found.message == (
        "Processor.pay of payment was seen to return None, and no stand-in of it that order found ever did."
    )


@pytest.mark.parametrize(
    "more",
    [
        [{"result": NONE, "line": 11, "stand_in": "Mock"}],  # another stand-in does
        [{"result": NONE, "line": 10}],  # the caller met the real one's, too
    ],
)
def test_none_that_the_caller_met_otherwise(case, more):
    others = [case.behaviour(**each) for each in more]
    assert case.told(case.fake(INT), case.real(), case.real(NONE, line=21), *others) == []


def test_what_always_returns_none_has_no_other_outcome(case):
    assert case.told(case.fake(NONE), case.real(NONE)) == []


def test_an_exception_that_no_stand_in_raises(case):
    (found,) = case.judged(case.fake(INT), case.real(), case.raised(DECLINED))
    assert (sub_kind(found), found.severity) == ("unmocked-outcome", "warning")
    assert "was seen to raise payment.Declined" in found.message


@pytest.mark.parametrize(
    "exception",
    ["AssertionError", "TypeError", "NotImplementedError", "KeyboardInterrupt", "_pytest.outcomes.Skipped"],
)
def test_exceptions_that_are_no_outcome(case, exception):
    assert case.told(case.fake(INT), case.real(), case.raised(exception)) == []


def test_an_exception_s_relative_is_as_good(case):
    known = ClassFacts(DECLINED, (), ("payment.Refused",))
    base = case.raised("payment.Refused", line=11, stand_in="Mock")
    assert case.told(case.fake(INT), case.real(), case.raised(DECLINED), base, facts=[known]) == []


def test_a_refusal_of_what_the_caller_never_sends(case):
    refused = case.raised("ValueError", arguments={"amount": TEXT})
    sent = {"args": Shape((Form("tuple", "tuple", fields=(("0", INT),)),))}
    assert case.told(case.fake(INT, arguments=sent), case.real(), refused) == []
    written = {"stand_in": "replacement", "arguments": {"amount": TEXT}}
    assert case.told(case.fake(INT, **written), case.real(), refused) == [("unmocked-outcome", "warning")]


def test_outcomes_below_a_stand_in_are_not_the_real_one_s(case):
    assert case.told(case.fake(INT), case.real(weak=True), case.raised(DECLINED, weak=True)) == []


def test_within_one_component_outcomes_are_its_own_matter(case):
    own = {"caller": "payment"}
    behaviours = [case.fake(INT, **own), case.real(), case.raised(DECLINED)]
    assert case.told(*behaviours) == []


def test_earlier_outcomes_count(case):
    earlier = [case.real(), case.raised(DECLINED)]
    assert case.told(case.fake(INT), earlier=earlier) == [("unmocked-outcome", "warning")]


def test_a_stand_in_that_is_never_called_has_no_outcomes(case):
    assert case.told(case.real(), case.raised(DECLINED), facts=[case.call()]) == []


# Where it stood.


def replaced(*, used=False, test="test_it", target=PAY):
    return Replacement(target, PAY, "MagicMock", used, test)


def test_a_stand_in_that_the_caller_went_past(case):
    (found,) = case.judged(case.real(), facts=[replaced()])
    assert (sub_kind(found), found.severity) == ("stale-target", "error")
    assert found.message == (
        f"Tests replace {PAY}, and nobody asks the stand-in: order called the real one all the same,"
        " since it holds it under a name of its own."
    )
    assert fact(found, "replaced name") == PAY


def test_a_name_that_nobody_reads(case):
    place = case.make.place(1, "<module>")
    (found,) = case.judged(facts=[replaced(target="order.pay")], unread={"order.pay": place})
    assert (sub_kind(found), found.severity) == ("stale-target", "error")
    assert found.seam == Seam("order", "payment", PAY)
    assert found.message.endswith("order imports it and never reads it.")


@pytest.mark.parametrize(
    "facts",
    [
        [replaced(used=True)],
        [replaced(), replaced(used=True, test="test_other")],  # it is used elsewhere
        [replaced(test="test_other")],  # in this test nothing was called
        [],
    ],
)
def test_a_stand_in_that_is_asked_somewhere(case, facts):
    assert case.judged(case.real(), facts=facts) == ()


def test_a_test_that_calls_the_real_one_itself(case):
    assert case.judged(case.real(caller=DRIVER), facts=[replaced()]) == ()


def test_another_stand_in_that_answered(case):
    assert case.judged(case.fake(), facts=[replaced()]) == ()


def test_a_name_of_one_module_is_nothing_to_another(case):
    assert case.judged(case.real(), facts=[replaced(target="order.pay")]) == ()


def test_a_caller_that_asks_the_module_each_time_may_have_done_so_before(case):
    assert case.judged(case.real(), facts=[replaced()], by_name=False) == ()


# What is left out, and what has to be read in the source.


def test_calls_of_stand_ins_that_nobody_can_name_are_told(case):
    unknown = [replace(case.call(line=line), seam=Seam("order", "", "vanish")) for line in (10, 11)]
    driven = replace(case.call(), seam=Seam(DRIVER, "", "vanish"))
    seen = case.make.observations(incidents=(*unknown, driven, case.call()))
    judgement = judge(Evidence(case.make.project(), seen), seen, Consumers({}, {}, frozenset()))
    assert [each.what for each in judgement.skipped] == ["DF203 2 calls of order to stand-ins"]


def test_the_questions(case):
    seen = case.make.observations(
        case.fake(), incidents=(Original(PAY, AMOUNT, "function"), case.call(line=11), replaced())
    )
    asked = questions(Evidence(case.make.project(), seen), seen)
    assert asked.calls == {(case.make.place(10), "pay"), (case.make.place(11), "pay")}
    assert asked.targets == {PAY}
    assert asked.raised == frozenset()


def test_a_signature_is_read_in_the_source_where_nothing_else_tells(case):
    interface = Interface(PAY, "payment", case.make.place(), AMOUNT)
    seen = case.make.observations(incidents=(case.call(2),))
    evidence = Evidence(case.make.project(interfaces=[interface]), seen)
    (found,) = judge(evidence, seen, Consumers({}, {}, frozenset())).findings
    assert sub_kind(found) == "wrong-arity"
