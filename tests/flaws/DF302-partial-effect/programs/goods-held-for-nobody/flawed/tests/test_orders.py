import pytest

from credit import CreditLine
from orders import Orders
from stock import OutOfStock, Stock


def test_an_order_is_accepted():
    orders = Orders(Stock(10), CreditLine(100))
    orders.place("A-1", 3)
    assert orders.accepted == ["A-1"]


def test_an_order_is_cancelled():
    orders = Orders(Stock(10), CreditLine(100))
    orders.place("A-1", 3)
    orders.cancel("A-1")
    assert (orders.accepted, orders.stock.held, orders.credit.drawn) == ([], {}, {})


def test_there_is_not_enough():
    orders = Orders(Stock(2), CreditLine(100))
    with pytest.raises(OutOfStock):
        orders.place("A-1", 3)
