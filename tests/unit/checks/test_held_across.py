"""Who holds a lock or a transaction while something far away is asked, and through which call."""

from __future__ import annotations

import pytest

from dryfit.checks import held_across
from dryfit.model.seam import DRIVER, Place, Seam
from dryfit.model.trial import Crossed, Hold, Point, Trial


def crossed(index: int, parent: int, seam: Seam, site: str, *holding: Hold) -> Crossed:
    file, _, function = site.partition(":")
    point = Point(seam, Place(file, index + 1, function))
    return Crossed(index, parent, point, "call", "returned", "", holding=holding)


PAY = crossed(0, -1, Seam(DRIVER, "orders", "orders.pay"), "test_orders.py:test_pay")
LOCK = crossed(1, 0, Seam("orders", "psycopg", "psycopg.Cursor.execute"), "orders.py:pay")
CHARGE = crossed(2, 0, Seam("orders", "gateway", "gateway.charge"), "orders.py:pay")


def far(*holding: Hold) -> Crossed:
    return crossed(3, 2, Seam("gateway", "httpx", "httpx.Client.send"), "gateway.py:charge", *holding)


def trial(*crossings: Crossed) -> Trial:
    return Trial("test_orders.py::test_pay", None, "passed", 0.1, crossings=crossings)


def test_the_holder_of_a_transaction_is_who_used_the_database_last():
    (found,) = held_across.judge([trial(PAY, LOCK, CHARGE, far(Hold("transaction database")))]).findings

    assert (found.rule, found.severity) == ("DF506", "warning")
    assert (found.seam, found.site.function) == (CHARGE.point.seam, "pay")
    assert found.message.startswith(
        "orders.pay holds a transaction database while httpx.Client.send is called"
    )


@pytest.mark.parametrize("owner", ["orders", "gateway"])
def test_the_holder_of_a_lock_is_whose_lock_it_is(owner: str):
    (found,) = held_across.judge([trial(PAY, LOCK, CHARGE, far(Hold(f"lock {owner}.Book.lock")))]).findings

    assert found.seam.caller == owner


def test_where_nothing_is_held_nothing_is_said():
    assert held_across.judge([trial(PAY, LOCK, CHARGE, far())]).findings == ()


def test_many_tests_that_show_one_holder_are_one_finding():
    trials = [trial(PAY, LOCK, CHARGE, far(Hold("transaction database")))] * 3

    assert len(held_across.judge(trials).findings) == 1


def test_where_it_was_taken_is_told():
    held = Hold("transaction database", Place("orders.py", 12, "pay"))
    (found,) = held_across.judge([trial(PAY, LOCK, CHARGE, far(held))] * 2).findings

    assert "holds a transaction database, taken at orders.py:12, while httpx" in found.message
    assert {fact.name: fact.value for fact in found.evidence}["taken"] == ("orders.py:12 in pay",)
