"""What a stand-in is really given, and what the one that it stands for has to give."""

import contextlib
import unittest.mock as mock

import pytest

from dryfit.model.stand_in import Original, StandInCall

CALLEE = """
class Gateway:
    def pay(self, amount):
        return ("paid", amount)

def charge(amount):
    return Gateway().pay(amount)
"""

CALLER = """
import callee

def buy(amount):
    return callee.Gateway().pay(amount)

def charge(amount):
    return callee.charge(amount)
"""


def stood_for(recorder):
    return [each.stands_for for each in recorder.seen if each.kind == "stand-in"]


def told_of(weave, kind):
    return [each for each in weave.stand_ins.told() if isinstance(each, kind)]


@pytest.mark.parametrize("autospec", [None, True])
def test_the_receiver_of_a_method_is_no_argument(program, recorder, autospec):
    program.write(callee=CALLEE, caller=CALLER)
    caller, callee = program.load("caller"), program.load("callee")
    weave = program.weave(recorder)
    with mock.patch.object(callee.Gateway, "pay", autospec=autospec):
        caller.buy(3)
    (call,) = told_of(weave, StandInCall)
    assert (call.positional, call.keywords) == (1, ())


def test_a_bound_method_that_a_module_holds_has_its_receiver(program, recorder):
    program.write(callee=CALLEE + "charge = Gateway().pay\n", caller=CALLER)
    caller, callee = program.load("caller"), program.load("callee")
    weave = program.weave(recorder)
    with mock.patch.object(callee, "charge", return_value=3):
        caller.charge(3)
    (original,) = told_of(weave, Original)
    assert [each.name for each in original.parameters] == ["amount"]


def test_what_replaces_a_function_of_the_tests_stands_for_nobody(program, recorder):
    program.write(callee=CALLEE, caller=CALLER)
    program.file("fakes.py", "def fake(amount):\n    return amount\n")
    caller, callee, fakes = program.load("caller"), program.load("callee"), program.load("fakes")
    weave = program.weave(recorder)
    callee.charge = fakes.fake
    with mock.patch.object(callee, "charge", return_value=3):
        caller.charge(3)
    assert stood_for(recorder) == ["?"]
    assert told_of(weave, Original) == []


@pytest.mark.parametrize(
    ("body", "gives_values"),
    [
        ("LIMITS[name] = 1", False),
        ("if name:\n        return None", False),
        ("with open(__file__):\n        return None", False),
        ("if name:\n        return LIMITS", True),
        ("return 0", True),
    ],
)
def test_whether_a_function_has_values_to_give(program, recorder, body, gives_values):
    program.write(callee=f"LIMITS = {{}}\ndef charge(name):\n    {body}\n", caller=CALLER)
    caller, callee = program.load("caller"), program.load("callee")
    weave = program.weave(recorder)
    with mock.patch.object(callee, "charge"):
        caller.charge("low")
    (original,) = told_of(weave, Original)
    assert original.gives_values is gives_values


def test_the_function_in_a_recorder_of_calls_is_the_stand_in(program, recorder):
    @contextlib.contextmanager
    def around():
        yield

    program.write(callee=CALLEE, caller=CALLER)
    program.file("fakes.py", "def fake(amount):\n    return amount\n")
    caller, callee, fakes = program.load("caller"), program.load("callee"), program.load("fakes")
    program.weave(recorder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callee, "charge", around()(fakes.fake))
        assert caller.charge(3) == 3
    assert stood_for(recorder) == ["callee.charge"]
