"""A stand-in at a seam is recorded as one, says whom it stands for, and works as without dryfit."""

import gc
import unittest.mock as mock
import weakref

import pytest

from dryfit.model.stand_in import Original, Replacement, StandInCall
from dryfit.weave.standins import MOST_TESTS

CALLEE = """
class Gateway:
    def pay(self, amount):
        return ("paid", amount)
    async def refund(self, amount):
        return ("refunded", amount)
    @staticmethod
    def fee(amount):
        return 1
    rate = 2

def charge(amount):
    return Gateway().pay(amount)

LIMITS = {"low": 1}

def limit(name):
    return LIMITS[name]
"""

CALLER = """
import asyncio
import callee

class Shop:
    def __init__(self, gateway=None):
        self.gateway = gateway or callee.Gateway()
    def buy(self, amount):
        return self.gateway.pay(amount)
    def refund(self, amount):
        return asyncio.run(self.gateway.refund(amount))

def charge(amount):
    return callee.charge(amount)

def fee(amount):
    return callee.Gateway.fee(amount)

def limit(name):
    return callee.limit(name)
"""

TESTS = """
import unittest.mock as mock
import pytest
import callee, caller

def patched():
    with mock.patch("callee.charge", return_value=5) as charge:
        told = caller.charge(2), charge.call_args_list, charge.called
    return told, caller.charge(2)

@mock.patch("callee.charge")
def decorated(charge):
    charge.side_effect = lambda amount: amount * 3
    return caller.charge(2), charge.mock_calls

def started():
    patcher = mock.patch.object(callee.Gateway, "pay", autospec=True, return_value="spec")
    pay = patcher.start()
    try:
        with pytest.raises(TypeError, match="unexpected keyword"):
            pay(None, 1, other=2)
        return caller.Shop().buy(3), pay.call_count
    finally:
        patcher.stop()

def in_a_class():
    with mock.patch.object(callee, "Gateway") as Gateway:
        Gateway.return_value.pay.return_value = 9
        return caller.Shop().buy(3), Gateway.mock_calls

def several():
    with mock.patch.multiple(callee, charge=mock.DEFAULT, limit=mock.DEFAULT) as mocks:
        mocks["charge"].return_value, mocks["limit"].return_value = 1, 2
        return caller.charge(0), caller.limit("x"), sorted(mocks)

def in_a_dict():
    with mock.patch.dict(callee.LIMITS, low=7):
        return caller.limit("low")

def raising():
    with mock.patch("callee.charge", side_effect=[1, KeyError("second")]):
        told = [caller.charge(0)]
        with pytest.raises(KeyError, match="second"):
            caller.charge(0)
        return told

def set_to_a_lambda():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", lambda amount: ("lambda", amount))
        told = caller.charge(4)
    return told, caller.charge(4)

def set_to_a_function():
    def fake(amount, extra=1):
        return amount + extra
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callee, "charge", fake)
        return caller.charge(4)

def set_to_a_class():
    class Fake:
        def pay(self, amount):
            return ("fake", amount)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callee, "Gateway", Fake)
        return caller.Shop().buy(5)

def set_to_a_mock():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callee, "charge", mock.Mock(return_value=6))
        return caller.charge(4)

def set_to_a_static_method():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callee.Gateway, "fee", staticmethod(lambda amount: amount * 2))
        return caller.fee(4)

def injected_with_spec():
    gateway = mock.Mock(spec=callee.Gateway)
    gateway.pay.return_value = "mocked"
    told = caller.Shop(gateway).buy(1)
    gateway.pay.assert_called_once_with(1)
    return told, isinstance(gateway, callee.Gateway)

def injected_without_spec():
    gateway = mock.MagicMock()
    gateway.pay.return_value = "anything"
    return caller.Shop(gateway).buy(1), gateway.mock_calls

def injected_autospec():
    gateway = mock.create_autospec(callee.Gateway, instance=True)
    gateway.pay.return_value = "auto"
    return caller.Shop(gateway).buy(1), gateway.pay.call_args

def injected_async():
    gateway = mock.AsyncMock(spec=callee.Gateway)
    gateway.refund.return_value = "back"
    return caller.Shop(gateway).refund(1), gateway.refund.await_count

def a_patched_coroutine():
    with mock.patch.object(callee.Gateway, "refund", return_value="async") as refund:
        return caller.Shop().refund(2), refund.await_args
"""

# test: the names of the stand-ins that were crossed into, and whom they stand for.
STANDS_FOR = {
    "patched": ["callee.charge"],
    "decorated": ["callee.charge"],
    "started": ["callee.Gateway.pay"],
    "in_a_class": ["callee.Gateway", "callee.Gateway.pay"],
    "several": ["callee.charge", "callee.limit"],
    "in_a_dict": [],
    "raising": ["callee.charge", "callee.charge"],
    "set_to_a_lambda": ["callee.charge"],
    "set_to_a_function": ["callee.charge"],
    "set_to_a_class": ["callee.Gateway.pay"],
    "set_to_a_mock": ["callee.charge"],
    "set_to_a_static_method": ["callee.Gateway.fee"],
    "injected_with_spec": ["callee.Gateway.pay"],
    "injected_without_spec": ["?"],
    "injected_autospec": ["callee.Gateway.pay"],
    "injected_async": ["callee.Gateway.refund"],
    "a_patched_coroutine": ["callee.Gateway.refund"],
}


@pytest.mark.parametrize("name", STANDS_FOR)
def test_a_stand_in(program, name):
    program.write(callee=CALLEE, caller=CALLER)
    program.file("stand_in_tests.py", TESTS)
    program.load("stand_in_tests")
    recorder = program.compare(f"stand_in_tests.{name}")
    crossings = [each for each in recorder.seen if each.kind == "stand-in"]
    assert [each.stands_for for each in crossings] == STANDS_FOR[name]
    assert {each.caller for each in crossings} <= {"caller"}
    assert {each.place.file for each in crossings} <= {"caller.py"}
    known = [each for each in crossings if each.stands_for != "?"]
    assert {each.component for each in known} <= {"callee"}
    if name == "raising":
        assert [each.outcome for each in crossings] == ["returned int", "raised KeyError"]


def test_a_mock_that_the_tests_call_themselves_is_no_crossing(program, recorder):
    program.write(callee=CALLEE)
    program.weave(recorder)
    stand_in = mock.Mock(return_value=1)
    assert stand_in() == 1
    assert recorder.seen == []


def test_functions_that_stood_in_are_as_before(program, recorder):
    program.write(callee=CALLEE, caller=CALLER)
    tests = program.file("fakes.py", "def fake(amount):\n    return amount\n")
    caller, callee, fakes = program.load("caller"), program.load("callee"), program.load("fakes")
    code, charge = fakes.fake.__code__, callee.charge
    program.weave(recorder)
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(callee, "charge", fakes.fake)
            assert caller.charge(1) == 1
            assert fakes.fake.__code__ is not code
        assert fakes.fake.__code__ is code
        assert callee.charge is charge
    assert [each.stands_for for each in recorder.seen if each.kind == "stand-in"] == ["callee.charge"] * 2
    assert tests.exists()


# What is learned beside the crossings.

FACTS = """
import unittest.mock as mock
import pytest
import callee, caller

def noop(*args, **kwargs):
    return None

def keyword(amount, *, gift=False):
    return gift

def patched():
    with mock.patch("callee.charge", return_value=5):
        caller.charge(2)

def patched_for_nothing():
    with mock.patch("callee.charge", return_value=5):
        pass

def asked_for_an_attribute():
    with mock.patch("callee.Gateway") as Gateway:
        Gateway.rate

def autospecced():
    with mock.patch("callee.charge", autospec=True):
        caller.charge(2)

def autospecced_for_nothing():
    with mock.patch("callee.charge", autospec=True):
        pass

def monkeypatched():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", noop)
        caller.charge(2)

def monkeypatched_for_nothing():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", noop)

def monkeypatched_by_a_component_s():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", callee.limited)
        caller.charge(2)

def monkeypatched_by_what_was_written_in_c():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", abs)
        caller.charge(2)

def constant():
    with mock.patch("callee.LIMITS", {"low": 2}):
        caller.limit("low")

def static():
    with mock.patch.object(callee.Gateway, "fee"):
        caller.fee(2)

def static_below():
    with mock.patch.object(callee.Card, "fee"):
        callee.Card.fee(2)
        caller.card_fee(2)

def of_a_class():
    with mock.patch.object(callee.Gateway, "create"):
        caller.create("url")

def method():
    with mock.patch.object(callee.Gateway, "pay"):
        caller.Shop().buy(2)

def method_of_an_object():
    gateway = callee.Gateway()
    with mock.patch.object(gateway, "pay"):
        caller.Shop(gateway).buy(2)

def method_of_a_mocked_class():
    with mock.patch("callee.Gateway"):
        caller.Shop().buy(2)

def called_and_never_awaited():
    with mock.patch.object(callee.Gateway, "refund") as refund:
        caller.only_calls_refund(2).close()

def table():
    with mock.patch.dict(callee.TABLE, fast=mock.Mock(return_value=3)):
        caller.by_table("fast", 2)

def table_of_functions():
    with mock.patch.dict(callee.TABLE, {"fast": keyword}):
        caller.by_table("fast", 2)

def one_function_for_two():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", noop)
        patch.setattr("callee.limit", noop)
        caller.limit("low")

def one_mock_for_two():
    stand_in = mock.Mock(return_value=1)
    with mock.patch("callee.charge", stand_in):
        with mock.patch("callee.limit", stand_in):
            caller.limit("low")
        caller.charge(1)

def one_function_for_one_twice():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", noop)
        patch.setattr("callee.charge", noop)
        caller.charge(1)

def one_after_the_other():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", noop)
        caller.charge(1)
        patch.setattr("callee.charge", keyword)
        caller.charge(1)

def with_keywords():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", keyword)
        caller.charge_with_gift(2)

def by_a_callback():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", keyword)
        caller.charge_in_order([2, 1])

def unpacked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callee.charge", keyword)
        caller.charge_unpacked({"amount": 1, "gift": True})

class Closed(type):
    def __getattribute__(cls, name):
        if name in ("__module__", "__qualname__"):
            raise RuntimeError(f"asked for {name}")
        return super().__getattribute__(name)

class Shut(metaclass=Closed):
    def pay(self, amount):
        return "shut"

def of_a_class_that_cannot_be_asked():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shut, "pay", noop)
        patch.setattr("callee.Gateway", Shut)
        return callee.Gateway().pay(1)

def of_a_local_class():
    class Local:
        def pay(self, amount):
            return __class__
    with mock.patch.object(Local, "pay", return_value=1):
        caller.Shop(Local()).buy(1)
    return Local
"""

MORE_CALLEE = """
class Card(Gateway):
    pass

def _create(cls, url):
    return cls()

Gateway.create = classmethod(_create)

def limited(amount):
    return amount

def fast(amount):
    return amount

TABLE = {"fast": fast}
"""

MORE_CALLER = """
def create(url):
    return callee.Gateway.create(url)

def card_fee(amount):
    return callee.Card.fee(amount)

def only_calls_refund(amount):
    return callee.Gateway().refund(amount)

def by_table(name, amount):
    return callee.TABLE[name](amount)

def charge_with_gift(amount):
    return callee.charge(amount, gift=True)

def charge_in_order(amounts):
    return sorted(amounts, key=callee.charge)

def charge_unpacked(given):
    return callee.charge(**given)
"""


@pytest.fixture
def facts(program, recorder):
    """Run one of the functions in a woven program, and give what was learned of stand-ins."""
    program.write(callee=CALLEE + MORE_CALLEE, caller=CALLER + MORE_CALLER)
    program.file("stand_in_facts.py", FACTS)
    tests = program.load("stand_in_facts")
    weave = program.weave(recorder)

    def _facts(name):
        getattr(tests, name)()
        assert weave.failures == ()
        return weave.stand_ins.told()

    _facts.weave, _facts.program, _facts.tests = weave, program, tests
    return _facts


def replacements(facts):
    return [(each.target, each.stands_for, each.used) for each in facts if isinstance(each, Replacement)]


def calls(facts):
    return [
        (each.seam.callable, each.positional, each.keywords, each.bound)
        for each in facts
        if isinstance(each, StandInCall)
    ]


def originals(facts):
    return {
        each.name: None if each.parameters is None else [parameter.name for parameter in each.parameters]
        for each in facts
        if isinstance(each, Original)
    }


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("patched", True),
        ("patched_for_nothing", False),
        ("autospecced", True),
        ("autospecced_for_nothing", False),
        ("monkeypatched", True),
        ("monkeypatched_for_nothing", False),
        ("monkeypatched_by_a_component_s", True),
        ("monkeypatched_by_what_was_written_in_c", True),
    ],
)
def test_whether_a_stand_in_was_used(facts, name, used):
    assert replacements(facts(name)) == [("callee.charge", "callee.charge", used)]


def test_a_mock_that_is_only_asked_for_an_attribute_is_used(facts):
    assert replacements(facts("asked_for_an_attribute")) == [("callee.Gateway", "callee.Gateway", True)]


def test_what_cannot_be_called_is_no_matter(facts):
    assert facts("constant") == ()


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("static", {"callee.Gateway.fee": ["amount"]}),
        ("static_below", {"callee.Gateway.fee": ["amount"]}),
        ("of_a_class", {"callee._create": ["url"]}),
        ("method", {"callee.Gateway.pay": ["amount"]}),
        ("method_of_an_object", {"callee.Gateway.pay": ["amount"]}),
        ("method_of_a_mocked_class", {"callee.Gateway": None, "callee.Gateway.pay": ["amount"]}),
        ("patched", {"callee.charge": ["amount"]}),
    ],
)
def test_the_signature_of_what_was_replaced_is_told_without_its_receiver(facts, name, signature):
    assert originals(facts(name)) == signature


def test_an_async_mock_that_nobody_awaits_was_called(facts):
    told = facts("called_and_never_awaited")
    assert calls(told) == [("callee.Gateway.refund", 1, (), False)]
    assert {each.stand_in for each in told if isinstance(each, StandInCall)} == {"AsyncMock"}


def test_what_stands_in_a_table(facts, recorder):
    assert calls(facts("table")) == [("callee.fast", 1, (), False)]
    assert calls(facts("table_of_functions")) == [("callee.fast", 0, ("amount",), True)]
    assert [each.stands_for for each in recorder.seen if each.kind == "stand-in"] == ["callee.fast"] * 2


def test_one_function_in_two_places_stands_for_the_one_that_is_called(facts, recorder):
    told = facts("one_function_for_two")
    assert [each.stands_for for each in recorder.seen if each.kind == "stand-in"] == ["callee.limit"]
    assert sorted(replacements(told)) == [
        ("callee.charge", "callee.charge", False),
        ("callee.limit", "callee.limit", True),
    ]


def test_what_is_replaced_again_and_again(facts, recorder):
    code = facts.tests.noop.__code__
    told = facts("one_after_the_other")
    assert [each.stands_for for each in recorder.seen if each.kind == "stand-in"] == ["callee.charge"] * 2
    assert replacements(told) == [("callee.charge", "callee.charge", True)] * 2
    assert facts.tests.noop.__code__ is code


def test_one_mock_in_two_places_is_known_while_it_stands_in_one(facts, recorder):
    told = facts("one_mock_for_two")
    stood = [each.stands_for for each in recorder.seen if each.kind == "stand-in"]
    assert stood == ["?", "callee.charge"]
    assert [target for target, _, _ in replacements(told)] == ["callee.limit", "callee.charge"]


def test_one_function_twice_in_one_place(facts, recorder):
    facts("one_function_for_one_twice")
    assert [each.stands_for for each in recorder.seen if each.kind == "stand-in"] == ["callee.charge"]
    assert facts.tests.noop.__code__.co_name == "noop"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("with_keywords", (1, ("gift",), False)),
        ("by_a_callback", (0, ("amount",), True)),
        ("unpacked", (0, ("amount", "gift"), True)),
    ],
)
def test_how_a_written_stand_in_is_called(facts, name, expected):
    assert set(calls(facts(name))) == {("callee.charge", *expected)}


def test_a_fact_is_told_for_the_first_tests_that_show_it(facts):
    told = []
    for number in range(MOST_TESTS + 3):
        facts.weave.begin_test(f"test_{number}")
        told += [each for each in facts("patched") if not isinstance(each, Original)]
    for kind in (Replacement, StandInCall):
        assert [each.test for each in told if isinstance(each, kind)] == [
            f"test_{number}" for number in range(MOST_TESTS)
        ]


def test_what_was_told_is_not_told_again(facts):
    assert facts("patched") != ()
    assert facts.weave.stand_ins.told() == ()


def test_a_class_is_told_without_being_asked(facts):
    assert replacements(facts("of_a_class_that_cannot_be_asked")) == [
        ("callee.Gateway", "callee.Gateway", True),
    ]  # what is replaced of the tests' own stands for nobody


def test_what_dryfit_fails_at_is_not_the_user_s(facts):
    def fail(*anything):
        raise ValueError("a mistake of our own")

    facts.weave.stand_ins.put = facts.weave.stand_ins.put_in_dict = facts.weave.stand_ins.take = fail
    for name in ("patched", "monkeypatched", "table"):
        getattr(facts.tests, name)()
    callee = facts.program.load("callee")
    assert (callee.charge(1), callee.TABLE["fast"](2)) == (("paid", 1), 2)
    assert facts.weave.failures
    assert all("a mistake of our own" in each for each in facts.weave.failures)


def test_what_a_test_replaced_is_not_kept(facts):
    kept = weakref.ref(facts.tests.of_a_local_class())
    facts.weave.begin_test("the next")
    gc.collect()
    assert kept() is None


def test_everything_is_as_before_when_all_is_taken_out(facts):
    woven = [facts.tests.noop, facts.tests.keyword, mock.CallableMixin.__call__, mock._patch.__enter__]
    facts.weave.take_out()
    before = [each.__code__ for each in woven]
    facts.weave.put_in()
    facts("monkeypatched")
    facts("table_of_functions")
    patch = pytest.MonkeyPatch()
    patch.setattr("callee.charge", facts.tests.noop)
    assert facts.tests.noop.__code__ is not before[0]
    facts.weave.take_out()
    assert [each.__code__ for each in woven] == before
    patch.undo()
    assert [each.__code__ for each in woven] == before
