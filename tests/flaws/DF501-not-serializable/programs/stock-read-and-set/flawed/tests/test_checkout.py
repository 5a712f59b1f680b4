import pytest
import redis

from checkout import Checkout
from stock import Stock


@pytest.fixture
def client(store):
    with redis.Redis.from_url(store.url) as client:
        yield client


def test_customers_get_what_is_there(client):
    Stock(client).put("lamp", 5)
    assert Checkout(client).buy("lamp", 3)
    assert Stock(client).left("lamp") == 2


def test_customers_get_nothing_when_it_is_not_enough(client):
    Stock(client).put("lamp", 2)
    assert not Checkout(client).buy("lamp", 3)
    assert Stock(client).left("lamp") == 2
