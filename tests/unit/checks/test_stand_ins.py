"""Stand-ins beside those they stand for: whom, and from where the evidence of the real one is."""

from __future__ import annotations

import pytest

from dryfit.checks.stand_ins import Evidence, asked_about
from dryfit.model.contract import Contract, Term
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.shape import NOTHING
from dryfit.model.stand_in import ClassFacts, Original, StandInCall
from dryfit.model.structure import Interface, Parameter

PAY = "payment.Processor.pay"
AMOUNT = (Parameter("amount", "positional-or-keyword"),)


@pytest.fixture
def evidence(make):
    """Evidence of a run with these behaviours and facts."""

    def _evidence(*behaviours, facts=(), sites=(), interfaces=(), **more):
        seen = make.observations(*behaviours, incidents=tuple(facts))
        return Evidence(make.project(sites, interfaces), seen, **more)

    return _evidence


@pytest.fixture
def mock(make):
    """A crossing into a mock, by default one whose name is known."""

    def _mock(name=PAY, **more):
        return make.behaviour(name, stand_in="Mock", **more)

    return _mock


@pytest.fixture
def unnamed(make):
    """A crossing into a mock of which only the last part of the name is known."""

    def _unnamed(name, **more):
        made = make.behaviour(name, stand_in="Mock", **more)
        seam = Seam(made.seam.caller, "", name)
        return type(made)(**{each: getattr(made, each) for each in made.__slots__} | {"seam": seam})

    return _unnamed


def method(name, **more):
    owner, _, last = name.rpartition(".")
    component = name.partition(".")[0]
    function = f"{owner.partition('.')[2]}.{last}"
    return Interface(name, component, place_of(component, function), AMOUNT, **more)


def place_of(component, function):
    return Place(f"{component}.py", 1, function)


def test_where_the_real_one_was_seen(make, evidence, mock):
    weak = make.behaviour(weak=True, result="str")
    strong = make.behaviour(result="int")
    earlier = [make.behaviour(result="float")]
    agreed = Contract(
        frozenset({Term("order", PAY, "return", "bool"), Term("order", PAY, "return[]", "int")})
    )
    cases = [
        ((strong, weak), earlier, agreed, "this run", ["int"], True),
        ((weak,), earlier, agreed, "an earlier run", ["float"], True),
        ((weak,), (), agreed, "below a stand-in", ["str"], False),
        ((), (), agreed, "the contract", ["bool"], True),
        ((), (), None, "nothing", [], False),
    ]
    for behaviours, before, contract, source, types, is_seen in cases:
        real = evidence(mock(), *behaviours, earlier=before, contract=contract).real(PAY)
        assert (real.source, [form.type for form in real.returned.forms]) == (source, types)
        assert real.is_seen is is_seen


def test_earlier_runs_show_only_what_was_real_and_rested_on_nothing_else(make, evidence, mock):
    earlier = [make.behaviour(weak=True), make.behaviour(stand_in="Mock")]
    assert evidence(mock(), earlier=earlier).real(PAY).source == "nothing"


def test_an_exception_says_nothing_of_results(make, evidence, mock):
    real = evidence(mock(), make.behaviour(outcome="raised", result="KeyError")).real(PAY)
    assert (real.returned, real.raised, real.source) == (NOTHING, {"KeyError"}, "this run")


def test_what_comes_of_a_generator_or_a_class_is_not_what_it_gives(make, evidence, mock):
    seen = make.behaviour(result="int")
    generator = Original(PAY, AMOUNT, "generator")
    assert evidence(mock(), seen, facts=[generator]).real(PAY).returned == NOTHING
    assert evidence(mock(), seen, facts=[Original(PAY, None, "other")]).real(PAY).returned == NOTHING
    assert evidence(mock(), seen, interfaces=[method(f"{PAY}.__init__")]).real(PAY).returned == NOTHING


@pytest.mark.parametrize(
    ("facts", "interface", "parameters", "kind"),
    [
        ([Original(PAY, AMOUNT, "coroutine")], {}, AMOUNT, "coroutine"),
        ([Original(PAY, None, "other")], {"bindable": True}, AMOUNT, "other"),
        ([], {}, AMOUNT, "function"),
        ([], {"asynchronous": True}, AMOUNT, "coroutine"),
        ([], {"generator": True}, AMOUNT, "generator"),
        ([], {"bindable": False}, None, "other"),
        ([], None, None, "other"),
    ],
)
def test_what_the_real_one_says_of_itself(evidence, mock, facts, interface, parameters, kind):
    interfaces = [] if interface is None else [method(PAY, **interface)]
    real = evidence(mock(), facts=facts, interfaces=interfaces).real(PAY)
    assert (real.parameters, real.kind, real.component) == (parameters, kind, "payment")


def test_every_caller_with_every_callable(make, evidence, mock):
    call = StandInCall(make.seam(), make.place(), "Mock", 1, (), "test_it")
    found = evidence(
        mock(),
        mock(result="int"),
        mock("stock.take"),
        mock(caller="stock"),
        mock(caller=DRIVER),
        facts=[call],
    ).mocked()
    assert [(each.caller, each.real.name) for each in found] == [
        ("order", PAY),
        ("order", "stock.take"),
        ("stock", PAY),
    ]
    assert found[0].seam == make.seam()
    assert (len(found[0].behaviours), found[0].calls) == (2, (call,))
    assert len(list(asked_about(found))) == 5


def test_a_name_is_told_by_the_call_in_the_source(make, evidence, unnamed):
    (found,) = evidence(unnamed("pay"), sites=[make.site(), make.site("stock.take")]).mocked()
    assert found.real.name == PAY
    assert evidence(unnamed("pay"), sites=[make.site(), make.site("stock.pay")]).mocked() == ()
    assert evidence(unnamed("pay"), sites=[make.site(place=make.place(11))]).mocked() == ()


def test_a_class_is_told_by_the_methods_that_are_called_on_it(make, evidence, unnamed):
    processor = [method(PAY), method("payment.Processor.refund")]
    gateway = [method("stock.Gateway.pay"), method("stock.Gateway.take")]
    asked = [unnamed("pay"), unnamed("refund")]
    seen = make.behaviour("payment.Processor.settle")
    found = evidence(*asked, seen, interfaces=[*processor, *gateway]).mocked()
    assert [each.real.name for each in found] == [PAY, "payment.Processor.refund"]


def test_a_class_that_this_code_never_calls_for_real_is_not_meant(make, evidence, unnamed):
    elsewhere = make.behaviour("payment.Processor.settle", place=make.place(30, function="elsewhere"))
    assert evidence(unnamed("pay"), elsewhere, interfaces=[method(PAY)]).mocked() == ()


def test_two_classes_that_have_them_tell_nothing(make, evidence, unnamed):
    both = [method(PAY), method("stock.Gateway.pay")]
    seen = [make.behaviour("payment.Processor.settle"), make.behaviour("stock.Gateway.close")]
    assert evidence(unnamed("pay"), *seen, interfaces=both).mocked() == ()


def test_one_method_that_no_class_has_tells_nothing(make, evidence, unnamed):
    seen = make.behaviour("payment.Processor.settle")
    assert evidence(unnamed("pay"), unnamed("vanish"), seen, interfaces=[method(PAY)]).mocked() == ()


def test_the_methods_of_the_caller_itself_are_none(evidence, unnamed):
    assert evidence(unnamed("pay"), interfaces=[method("order.Basket.pay")]).mocked() == ()


def test_functions_are_no_methods(make, evidence, unnamed):
    function = Interface("payment.pay", "payment", place_of("payment", "pay"), AMOUNT)
    assert evidence(unnamed("pay"), interfaces=[function]).mocked() == ()


def test_methods_are_asked_in_one_scope(make, evidence, unnamed):
    elsewhere = make.place(30, function="elsewhere")
    asked = [unnamed("pay"), unnamed("vanish", place=elsewhere)]
    seen = make.behaviour("payment.Processor.settle")
    (found,) = evidence(*asked, seen, interfaces=[method(PAY)]).mocked()
    assert found.real.name == PAY


def test_the_component_of_a_name(evidence):
    known = evidence()
    assert known.component_of("payment.Processor.pay") == "payment"
    assert known.component_of("requests.sessions.get") == "requests"
    assert known.is_of_project("payment.Declined")
    assert not known.is_of_project("requests.Timeout")


def test_exceptions_that_derive_from_each_other(evidence):
    known = evidence(facts=[ClassFacts("a.Child", (), ("a.Parent", "builtins.Exception"))])
    assert known.related("a.Child", "a.Parent")
    assert known.related("a.Parent", "a.Child")
    assert known.related("a.Other", "a.Other")
    assert known.related("FileNotFoundError", "OSError")
    assert not known.related("KeyError", "ValueError")
    assert not known.related("a.Parent", "a.Other")
