from decimal import Decimal

import ledger
import order


def test_an_order_costs_what_its_items_cost():
    assert order.place("ada", {"tea": 3, "cup": 1}) == Decimal("24.65")


def test_an_order_is_posted():
    order.place("bob", {"tea": 1})
    assert round(ledger.balance("bob"), 2) == Decimal("4.10")
