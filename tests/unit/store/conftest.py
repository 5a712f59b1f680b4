"""A small run, written by hand of the model's words."""

from __future__ import annotations

import pytest

from dryfit.model.run import RunInfo
from dryfit.model.seam import Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.trace import Argument, Behaviour, Observations, Trace, TracedCrossing

INT = Shape((Form("int", "number", low=1.0, high=2.0),))


@pytest.fixture
def info() -> RunInfo:
    return RunInfo("one", "2026-01-31T12:00:00+00:00", 0.0, "3.11.7", "c0ffee", 7)


@pytest.fixture
def behaviour() -> Behaviour:
    seam = Seam("order", "payment", "payment.PaymentProcessor.process_payment")
    return Behaviour(
        "k1", seam, Place("order.py", 42), "call", (Argument("amount", "int", INT),), "returned", "int", INT
    )


@pytest.fixture
def seen(behaviour: Behaviour) -> Observations:
    trace = Trace("test_pay", "passed", 0.25, (TracedCrossing(0, -1, behaviour.key, 3, 0.125),))
    return Observations(behaviours=(behaviour,), traces=(trace,))
