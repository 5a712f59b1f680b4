import pytest

from orders import Orders
from stock import OutOfStock, Stock
from till import Till


def test_an_order_is_paid_and_taken_from_the_shelf():
    shelf, till = Stock(5), Till()
    orders = Orders(shelf, till)
    orders.place("A-1", 2)
    assert (orders.accepted, till.paid, shelf.pieces) == (["A-1"], {"A-1": 500}, 3)


def test_what_there_is_not_is_not_paid_for():
    shelf, till = Stock(1), Till()
    with pytest.raises(OutOfStock):
        Orders(shelf, till).place("A-1", 2)
    assert till.paid == {}
