"""The probe: at its point only, once, with proof; the project's own exceptions; reasons where nothing was made."""

from __future__ import annotations

import sqlite3
import sys
import types
from contextlib import closing
from decimal import Decimal
from weakref import ref

import pytest

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Raised, Returned
from dryfit.model.probe import Raise
from dryfit.model.seam import Place
from dryfit.model.trial import Experiment, Fault, Point, Strike
from dryfit.probes.faults import FaultProbe, offers
from dryfit.weave.sites import NOWHERE

SHOP = """
from __future__ import annotations
from decimal import Decimal
from typing import Optional

class Plain(Exception):
    pass

class Nothing(Exception):
    def __init__(self):
        super().__init__("nothing")

class OutOfStock(Exception):
    def __init__(self, sku: str, left: int, price: Decimal, cause: Exception | None = None):
        super().__init__(f"{sku}: {left} left at {price}")
        self.sku, self.left, self.price = sku, left, price

class Status(Exception):
    def __init__(self, code: int, detail: str = "no detail"):
        super().__init__(code, detail)
        self.code, self.detail = code, detail

class Bare(Exception):
    def __init__(self, order_id, reason):
        self.order_id, self.reason = order_id, reason

class Named(Exception):
    def __init__(self, *, message: Optional[str], parts: list[int]):
        self.message, self.parts = message, parts

class Picky(Exception):
    def __init__(self, order: Order):
        pass

class Strict(Exception):
    def __init__(self, text):
        raise ValueError("not like this")

class Outer:
    class Inner(Exception):
        pass
"""


@pytest.fixture
def shop(monkeypatch):
    module = types.ModuleType("shop_errors")
    exec(SHOP, vars(module))
    monkeypatch.setitem(sys.modules, "shop_errors", module)
    return module


def crossing_of(name="payment.pay", kind="function", values=()):
    parameters = tuple(f"p{number}" for number in range(len(values)))
    return Crossing(Callee("payment", name, parameters, kind), "order", NOWHERE, values, None, "a test")


def point_of(crossing):
    return Point(crossing.seam, Place("order.py", 1), 1)


class Trial:
    """One crossing under one experiment."""

    def __init__(self, when, fault, crossing=None):
        self.probe = FaultProbe(point_of)
        self.crossing = crossing or crossing_of()
        self.fired = 0
        self.probe.begin(Experiment("a test", point_of(self.crossing), when, fault), self._fire)

    def _fire(self):
        self.fired += 1

    def cross(self, outcome, crossing=None):
        """What the callee's caller gets where the callee would come to this outcome, and whether the callee ran."""
        crossing = crossing or self.crossing
        act = self.probe.before(crossing)
        ran = act is None
        return self.probe.after(crossing, outcome if ran else Raised(act.exception)), ran


def domain(name, text="no money"):
    return Fault("domain-error", f"shop_errors.{name}", text)


def test_before_the_callee_does_not_run(shop):
    trial = Trial("before", domain("Plain"))
    outcome, ran = trial.cross(Returned(1))
    assert not ran
    assert type(outcome.exception) is shop.Plain
    assert outcome.exception.args == ("no money",)
    assert outcome.exception.__dict__["__dryfit_fault__"] == "before"
    assert (trial.fired, trial.probe.end()) == (1, "")


def test_after_the_value_is_lost(shop):
    trial = Trial("after", domain("Plain"))
    outcome, ran = trial.cross(Returned(1))
    assert ran
    assert type(outcome.exception) is shop.Plain
    assert (trial.fired, trial.probe.end()) == (1, "")


def test_what_the_callee_raises_by_itself_stays(shop):
    trial = Trial("after", domain("Plain"))
    own = KeyError("x")
    outcome, _ = trial.cross(Raised(own))
    assert outcome.carries(own)
    assert trial.fired == 0
    assert trial.probe.end() == "the callee raised KeyError by itself"


def test_it_happens_once_and_nowhere_else(shop):
    trial = Trial("before", domain("Plain"))
    assert trial.cross(Returned(1), crossing_of("payment.refund"))[1]
    assert not trial.cross(Returned(1))[1]
    assert trial.cross(Returned(1))[1]
    assert trial.fired == 1


def test_without_an_experiment_nothing_happens(shop):
    trial = Trial("before", domain("Plain"))
    assert trial.probe.end() == ""
    assert trial.cross(Returned(1))[1]
    trial.probe.begin(None, trial._fire)
    assert trial.cross(Returned(1))[1]
    assert trial.fired == 0


def test_a_later_probe_may_prevent_it(shop):
    trial = Trial("before", domain("Plain"))
    assert isinstance(trial.probe.before(trial.crossing), Raise)
    value = Returned(1)
    assert trial.probe.after(trial.crossing, value) is value
    assert trial.fired == 0
    assert trial.probe.end() == "the call came to a good end all the same"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Nothing", {"args": ("nothing",)}),
        ("OutOfStock", {"sku": "no money", "left": 1, "price": Decimal(1)}),
        ("Status", {"code": 1, "detail": "no money"}),
        ("Bare", {"order_id": 1, "reason": "no money"}),
        ("Named", {"message": "no money", "parts": []}),
        ("Outer.Inner", {"args": ("no money",)}),
    ],
)
def test_exceptions_are_made_by_their_signatures(shop, name, seen):
    outcome, _ = Trial("before", domain(name)).cross(Returned(1))
    assert {key: getattr(outcome.exception, key) for key in seen} == seen


def test_without_a_text_what_has_a_default_keeps_it(shop):
    outcome, _ = Trial("before", domain("Status", "")).cross(Returned(1))
    assert outcome.exception.detail == "no detail"
    outcome, _ = Trial("before", domain("Plain", "")).cross(Returned(1))
    assert outcome.exception.args == ()


@pytest.mark.parametrize("name", ["KeyError", "TimeoutError", "asyncio.exceptions.CancelledError"])
def test_exceptions_of_the_language(name):
    outcome, _ = Trial("before", Fault("domain-error", name, "x")).cross(Returned(1))
    assert outcome.exception.args == ("x",)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Picky", "nothing is known to give for its parameter order: Order"),
        ("Strict", "shop_errors.Strict could not be made: ValueError: not like this"),
        ("Missing", "there is no exception class shop_errors.Missing in the modules that are loaded"),
        ("Outer", "there is no exception class shop_errors.Outer in the modules that are loaded"),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_cannot_be_made_is_told(shop, name, why, when):
    trial = Trial(when, domain(name))
    value = Returned(1)
    assert trial.cross(value) == (value, True)
    assert trial.fired == 0
    assert trial.probe.end() == why
    assert trial.probe.end() == ""


def test_the_probe_keeps_nothing_alive(shop):
    trial = Trial("before", domain("Plain"))
    error = trial.cross(Returned(1))[0].exception
    alive = ref(error)
    del error
    assert alive() is None


def test_an_exception_bears_no_frames_of_its_making(faulty):
    with (
        faulty("sqlite3.Connection.execute", "before", "locked") as bench,
        closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError) as caught,
    ):
        bench.store.call(lambda: connection.execute("SELECT 1"))
    files = [entry.path for entry in caught.traceback]
    assert not [file for file in files if "probes" in str(file) and "tests" not in str(file)]


def test_nothing_is_offered_elsewhere():
    class Hostile:
        def __getattr__(self, name):
            raise RuntimeError("do not look at me")

    for crossing in (
        crossing_of(),
        crossing_of("sqlite3.Connection.commit"),
        crossing_of("sqlite3.Connection.commit", "library"),
        crossing_of("textwrap.dedent", "library", ("x",)),
        crossing_of("psycopg.Connection.commit", "library", (Hostile(),)),
        crossing_of("redis.Redis.execute_command", "library", (Hostile(),)),
        crossing_of("httpx.Client.send", "library", (object(), None)),
    ):
        assert all(offer.fault.exception for offer in offers(crossing))
        if crossing.callee.name != "httpx.Client.send":
            assert offers(crossing) == ()


def test_the_second_fault_is_due_after_the_first(shop):
    first, second = crossing_of("payment.pay"), crossing_of("payment.refund")
    trial = Trial("before", domain("Plain"), first)
    then = (Strike(point_of(second), "after", domain("Nothing", "")),)
    experiment = Experiment("a test", point_of(first), "before", domain("Plain"), then=then)
    trial.probe.begin(experiment, trial._fire)
    assert trial.cross(Returned(1), second)[1]
    assert type(trial.cross(Returned(1), first)[0].exception) is shop.Plain
    assert trial.fired == 0
    outcome, ran = trial.cross(Returned(1), crossing_of("payment.refund"))
    assert ran
    assert type(outcome.exception) is shop.Nothing
    assert outcome.exception.__dict__["__dryfit_fault__"] == "after"
    assert (trial.fired, trial.probe.end()) == (1, "")
