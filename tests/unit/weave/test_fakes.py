"""Which objects of the tests are taken for stand-ins, and for whom; which are what they are."""

import gc
import unittest.mock as mock
import weakref

import pytest

CALLEE = """
from typing import Protocol

class Gateway:
    def pay(self, amount):
        return ("paid", amount)
    def refund(self, amount):
        return ("refunded", amount)

class Clock:
    def now(self):
        return 1

class Calendar:
    def today(self):
        return 1

class OtherCalendar:
    def today(self):
        return 2

class Pays(Protocol):
    def pay(self, amount): ...

class Ships(Protocol):
    def ship(self, parcel): ...
"""

CALLER = """
from typing import Annotated
from callee import Gateway

def pays(gateway):
    return gateway.pay(1)

def pays_declared(gateway: Gateway):
    return gateway.pay(1)

def pays_if_any(gateway: Gateway | None = None):
    return gateway.pay(1)

def pays_noted(gateway: Annotated[Gateway, "a note"]):
    return gateway.pay(1)

def pays_the_first(gateway: list[Gateway]):
    return gateway.pay(1)

def pays_in_words(gateway: "Gateway | None"):
    return gateway.pay(1)

def pays_somebody(gateway: "Gateway | Nobody"):
    return gateway.pay(1)

def ships(carrier):
    return carrier.ship(1)

def dates(calendar):
    return calendar.today()
"""


FAKES = """
from callee import Gateway

class Plain:
    def pay(self, amount):
        return "plain"

class WithMore:
    def pay(self, amount):
        return "more"

    def calls(self):
        return []

class Today:
    def today(self):
        return 3

class FakeCalendar:
    def today(self):
        return 3

class FakeOtherCalendar:
    def today(self):
        return 3

class TestGateway:
    def pay(self, amount):
        return "collected by pytest"

class Ship:
    def ship(self, parcel):
        return "shipped"

class NoMethods:
    def __init__(self):
        self.pay = lambda amount: "data"

class InMemoryGateway(Gateway):
    def pay(self, amount):
        return "fake"

class PremiumGateway(Gateway):
    def pay(self, amount):
        return "premium"

class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("asked for its class")

    def __getattr__(self, name):
        return getattr(Gateway(), name)

def says_that_it_wraps(function):
    function.__wrapped__ = 7
    return function

class FakeWrapped:
    @says_that_it_wraps
    def pay(self, amount):
        return "fake"

def local():
    class Local:
        def pay(self, amount, gift=object):
            return "local"
    return Local()
"""


class Meeting:
    """A recorder that also looks at what is handed in, as the probe that observes does."""

    def __init__(self, recorder):
        self.recorder = recorder
        self.weave = None

    def before(self, crossing):
        self.weave.stand_ins.meet(crossing)
        return self.recorder.before(crossing)

    def after(self, crossing, outcome):
        return self.recorder.after(crossing, outcome)


@pytest.fixture
def shop(program, recorder):
    """The woven caller and callee."""
    program.write(callee=CALLEE, caller=CALLER)
    program.file("fakes.py", FAKES)
    callee, caller, fakes = map(program.load, ("callee", "caller", "fakes"))
    meeting = Meeting(recorder)
    meeting.weave = program.weave(meeting)
    return Shop(callee, caller, fakes, recorder, meeting.weave)


class Shop:
    def __init__(self, callee, caller, fakes, recorder, weave):
        self.callee, self.caller, self.fakes = callee, caller, fakes
        self.recorder, self.weave = recorder, weave

    def stood_for(self, thing, by="pays"):
        """Whom a thing stands for that is handed in, by the crossing into it; nothing where there is none."""
        before = len(self.recorder.seen)
        getattr(self.caller, by)(thing)
        assert self.weave.failures == ()
        seen = [each for each in self.recorder.seen[before:] if each.kind == "stand-in"]
        return [each.stands_for for each in seen]


def test_methods_that_only_one_class_has(shop):
    assert shop.stood_for(shop.fakes.Plain()) == ["callee.Gateway.pay"]


def test_nobody_stands_for_a_protocol_by_its_methods(shop):
    assert shop.stood_for(shop.fakes.Ship(), by="ships") == []


def test_one_method_more_is_another_class(shop):
    assert shop.stood_for(shop.fakes.WithMore()) == []


def test_the_annotation_tells_whatever_the_methods_are(shop):
    assert shop.stood_for(shop.fakes.WithMore(), by="pays_declared") == ["callee.Gateway.pay"]


@pytest.mark.parametrize("by", ["pays_if_any", "pays_noted", "pays_in_words"])
def test_an_annotation_that_allows_none_tells_as_well(shop, by):
    assert shop.stood_for(shop.fakes.WithMore(), by=by) == ["callee.Gateway.pay"]


def test_an_annotation_with_a_name_that_nobody_knows(shop):
    assert shop.stood_for(shop.fakes.WithMore(), by="pays_somebody") == ["callee.Gateway.pay"]


def test_an_annotation_of_what_holds_them_says_nothing(shop):
    assert shop.stood_for(mock.Mock(), by="pays_the_first") == ["?"]


def test_two_classes_with_the_method(shop):
    assert shop.stood_for(shop.fakes.Today(), by="dates") == []


def test_of_two_classes_the_name_tells(shop):
    assert shop.stood_for(shop.fakes.FakeCalendar(), by="dates") == ["callee.Calendar.today"]


def test_a_subclass_that_says_so(shop):
    assert shop.stood_for(shop.fakes.InMemoryGateway()) == ["callee.Gateway.pay"]


def test_a_subclass_that_is_one(shop):
    assert shop.stood_for(shop.fakes.PremiumGateway()) == []
    assert shop.stood_for(shop.fakes.PremiumGateway(), by="pays_declared") == []


@pytest.mark.parametrize("name", ["TestGateway", "NoMethods"])
def test_what_is_no_stand_in(shop, name):
    assert shop.stood_for(getattr(shop.fakes, name)()) == []


def test_the_real_one(shop):
    assert shop.stood_for(shop.callee.Gateway()) == []
    assert shop.recorder.one("callee.Gateway.pay").kind == "function"


def test_a_mock_is_told_by_the_annotation(shop):
    assert shop.stood_for(mock.Mock(), by="pays_declared") == ["callee.Gateway.pay"]
    assert shop.stood_for(mock.MagicMock(), by="pays_if_any") == ["callee.Gateway.pay"]
    assert shop.stood_for(mock.Mock()) == ["?"]


def test_a_mock_s_specification_comes_first(shop):
    assert shop.stood_for(mock.Mock(spec=shop.fakes.Plain), by="pays_declared") == ["fakes.Plain.pay"]


def test_a_proxy_that_cannot_be_asked_is_handed_on(shop):
    assert shop.stood_for(shop.fakes.Proxy()) == []
    assert shop.recorder.seen[0].outcome == "returned tuple"


def test_what_wraps_something_else_than_a_function_is_left_alone(shop):
    assert shop.stood_for(shop.fakes.FakeWrapped()) == []


def test_nothing_of_a_test_is_kept(shop):
    handed, thing = mock.Mock(), shop.fakes.local()
    assert shop.stood_for(handed, by="pays_declared") == shop.stood_for(thing) == ["callee.Gateway.pay"]
    kept = [weakref.ref(each) for each in (handed, thing, type(thing), type(thing).pay)]
    shop.recorder.seen.clear()
    del handed, thing
    shop.weave.begin_test("the next")
    gc.collect()
    assert [each() for each in kept] == [None] * 4


def test_every_test_s_local_fake_is_met(shop):
    for test in ("one", "two", "three"):
        shop.weave.begin_test(test)
        assert shop.stood_for(shop.fakes.local()) == ["callee.Gateway.pay"]
        gc.collect()


def test_fakes_are_as_before_when_all_is_taken_out(shop):
    code = shop.fakes.Plain.pay.__code__
    shop.stood_for(shop.fakes.Plain())
    assert shop.fakes.Plain.pay.__code__ is not code
    shop.weave.take_out()
    assert shop.fakes.Plain.pay.__code__ is code
    assert shop.caller.pays(shop.fakes.Plain()) == "plain"


def test_fakes_are_met_again_after_they_were_taken_out(shop):
    assert shop.stood_for(shop.fakes.Plain()) == ["callee.Gateway.pay"]
    probes = shop.weave._loop.probes
    shop.weave.take_out()
    shop.weave.put_in(*probes)
    assert shop.stood_for(shop.fakes.Plain()) == ["callee.Gateway.pay"]
