import pytest

from gateway import Gateway
from orders import Orders
from payments import Payments


@pytest.fixture
def orders(database):
    orders = Orders(database.url)
    orders.place("A-1", 1250)
    return orders


def test_an_order_is_paid(orders, client, charges):
    Payments(orders, Gateway(client)).pay("A-1")
    assert charges == [{"order": "A-1", "cents": 1250}]
    assert orders.find("A-1") == ("paid", 1250)
