from contextlib import closing

import pytest

from orders import Orders


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    orders = Orders(tmp_path_factory.mktemp("shop") / "shop.db")
    with closing(orders.connection):
        yield orders


@pytest.fixture
def orders(shop):
    return shop


def test_a_first_order(orders):
    orders.place("tea")
    assert "tea" in orders.products()


def test_nobody_has_ordered_a_cup(orders):
    assert "cup" not in orders.products()
