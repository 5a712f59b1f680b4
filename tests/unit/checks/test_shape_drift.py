"""DF204: what a run shows, as a contract, and what differs from one."""

from __future__ import annotations

import pytest

from dryfit.checks.contract_terms import learn
from dryfit.checks.shape_drift import judge
from dryfit.model.contract import Contract, Term
from dryfit.model.shape import Form, Shape
from dryfit.model.trace import Observations, Trace, TracedCrossing

PAY = "payment.Processor.pay"
NUMBER = Shape((Form("int", "number", low=1, high=9),))
TEXT = Shape((Form("str", "text", ("uuid",), 36, 36),))


def terms(*told: str, name: str = PAY) -> frozenset[Term]:
    return frozenset(Term("order", name, *each.split(": ")) for each in told)


def learned(make, *behaviours, count=1):
    crossings = tuple(
        TracedCrossing(index, -1, each.key, count, 0.1) for index, each in enumerate(behaviours)
    )
    seen = Observations(behaviours, (Trace("test_it", "passed", 1.0, crossings),))
    return learn(make.project(), seen).contract.terms


def test_arguments_results_and_exceptions_are_told_by_their_types_alone(make):
    paid = make.behaviour(arguments={"cents": NUMBER, "card": TEXT}, result="str")
    declined = make.behaviour(outcome="raised", result="payment.Declined")
    assert learned(make, paid, declined) == terms(
        "cents: int", "card: str", "return: str", "raise: payment.Declined"
    )


def test_a_constructor_is_told_by_its_class(make):
    assert learned(make, make.behaviour("payment.Card.__init__")) == terms(
        "return: None", name="payment.Card"
    )


@pytest.mark.parametrize(
    "left_out",
    [{"stand_in": "Mock"}, {"weak": True}, {"caller": "<tests>"}, {"callable_name": "psycopg.connect"}],
    ids=str,
)
def test_only_what_the_real_callee_of_a_component_did_is_evidence(make, left_out):
    assert learned(make, make.behaviour(**left_out)) == frozenset()


@pytest.mark.parametrize("type_", ["unittest.mock.MagicMock", "test_it.test_it.<locals>.Fake", "…"])
def test_what_belongs_to_the_tests_alone_is_left_out(make, type_):
    argument = {"card": Shape((Form(type_, "object"),))}
    assert learned(make, make.behaviour(arguments=argument)) == terms("return: None")


RECORD = Shape(
    (Form("dict", "mapping", fields=(("id", TEXT), ("note", NUMBER)), optional=("note",), low=1, high=2),)
)
TABLE = Shape((Form("dict", "mapping", fields=(("2024-01-01", NUMBER), ("2024-01-02", TEXT))),))
PAIR = Shape((Form("tuple", "tuple", fields=(("0", TEXT), ("1", NUMBER))),))
LISTED = Shape((Form("list", "sequence", items=RECORD, low=2, high=2),))
OBJECT = Shape((Form("order.Order", "object", fields=(("id", TEXT),)),))
TIMES = Shape((Form("list", "sequence", items=Shape((Form("datetime.datetime", "time", ("aware",)),))),))


@pytest.mark.parametrize(
    ("shape", "inside"),
    [
        (RECORD, ("a.id: str", "a.note: absent", "a.note: int")),
        (TABLE, ("a{}: int", "a{}: str")),
        (PAIR, ("a[0]: str", "a[1]: int")),
        (LISTED, ("a[]: dict", "a[].id: str", "a[].note: absent", "a[].note: int")),
        (OBJECT, ()),
        (TIMES, ("a[]: datetime.datetime (aware)",)),
    ],
    ids=["record", "table", "pair", "list", "object", "times"],
)
def test_the_inside_of_a_container(make, shape, inside):
    behaviour = make.behaviour(arguments={"a": shape})
    outside = terms(f"a: {shape.forms[0].type}", "return: None")
    assert learned(make, behaviour) == outside | terms(*inside)
    assert learned(make, behaviour, count=5) == outside  # some were not looked at


def test_crossings_of_one_call_site_with_the_same_types_are_counted_together(make):
    returned = make.behaviour(arguments={"a": RECORD})
    raised = make.behaviour(arguments={"a": RECORD}, outcome="raised", result="ValueError")
    told = learned(make, returned, raised, count=3)
    assert told == terms("a: dict", "return: None", "raise: ValueError")


def test_what_is_dear_to_look_at_is_not_wholly_known(make):
    many = Shape((Form("list", "sequence", items=NUMBER, low=40, high=40),))
    assert learned(make, make.behaviour(arguments={"a": many})) == terms("a: list", "return: None")


@pytest.fixture
def judged(make):
    """Judge a seam that takes an int and returns a str."""

    def _judged(*told: str, whole_suite: bool = True, count: int = 1, shape: Shape = NUMBER):
        behaviour = make.behaviour(arguments={"cents": shape}, result="str")
        crossing = TracedCrossing(0, -1, behaviour.key, count, 0.1)
        seen = Observations((behaviour,), (Trace("test_it", "passed", 1.0, (crossing,)),))
        return judge(make.project(), seen, Contract(terms(*told)), whole_suite=whole_suite)

    return _judged


@pytest.mark.parametrize(
    ("told", "severity", "end"),
    [
        (["cents: int", "return: bytes"], "error", "has for `return` str instead of bytes."),
        (["cents: int"], "error", "has for `return` str too, which is new."),
        (["cents: int", "return: str", "return: None"], "warning", "has for `return` None no more."),
        (["cents: int", "return: str", "raise: OSError"], "warning", "raises OSError no more."),
        ([], "note", "is not in the contract."),
    ],
)
def test_each_kind_of_drift(judged, told, severity, end):
    (finding,) = judged(*told).findings
    assert (finding.rule, finding.severity, finding.seam.callee) == ("DF204", severity, "payment")
    assert finding.message == f"Processor.pay of payment, called by order, {end}"


def test_what_is_as_agreed_is_no_finding(judged):
    assert judged("cents: int", "return: str").findings == ()


def test_nothing_is_gone_unless_every_test_ran(judged):
    judgement = judged("cents: int", "return: str", "return: None", whole_suite=False)
    assert judgement.findings == ()
    assert [each.what for each in judgement.skipped] == ["DF204 what is gone"]


def test_the_inside_is_compared_only_where_both_sides_know_it(judged):
    agreed = ("cents: dict", "cents.id: str", "cents.note: int", "cents.note: absent", "return: str")
    assert judged(*agreed, shape=RECORD).findings == ()
    assert judged(*agreed, shape=RECORD, count=9).findings == ()
    assert judged("cents: dict", "return: str", shape=RECORD).findings == ()
    (finding,) = judged("cents: dict", "cents.key: str", "return: str", shape=RECORD).findings
    assert finding.severity == "error"


def test_the_id_depends_on_what_differs(judged):
    one, two, again = (
        judged(*told).findings[0].id
        for told in (["cents: int"], ["cents: str", "return: str"], ["cents: int"])
    )
    assert one == again != two
