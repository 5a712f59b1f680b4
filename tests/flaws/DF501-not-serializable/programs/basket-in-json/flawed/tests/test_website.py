import pytest
import redis

from baskets import Baskets
from website import Website


@pytest.fixture
def client(store):
    with redis.Redis.from_url(store.url) as client:
        yield client


def test_articles_are_put_into_the_basket(client):
    website = Website(client)
    assert website.add_to_basket("ann", "lamp") == "/baskets/ann"
    assert website.add_to_basket("ann", "chair") == "/baskets/ann"
    assert Baskets(client).content("ann") == {"lamp": 1, "chair": 1}


def test_a_basket_is_empty_at_first(client):
    assert Baskets(client).content("bob") == {}
