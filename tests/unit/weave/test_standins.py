"""A stand-in at a seam is recorded as one, says whom it stands for, and works as without dryfit."""

import unittest.mock as mock

import pytest

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
