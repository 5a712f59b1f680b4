import psycopg
import pytest

from gateway import Gateway
from orders import NotOpen, Orders


@pytest.fixture
def orders(database, bank):
    bank.server.expect_request("/charges", method="POST").respond_with_data(status=201)
    with psycopg.connect(database.url) as connection:
        connection.execute("INSERT INTO orders (id, cents) VALUES (1, 4900)")
    return Orders(database.url, Gateway(bank.url))


def test_an_order_is_paid(orders):
    orders.pay(1)
    assert orders.state(1) == "paid"


def test_an_order_is_paid_once(orders):
    orders.pay(1)
    with pytest.raises(NotOpen):
        orders.pay(1)
