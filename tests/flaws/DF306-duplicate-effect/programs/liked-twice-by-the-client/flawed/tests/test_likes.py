import pytest
import redis
from likes import Likes


@pytest.fixture
def client(counters):
    with redis.Redis(
        counters.host, counters.port, int(counters.database), counters.password
    ) as client:
        yield client


def test_a_reader_likes_an_article(client):
    assert Likes(client).like("Emma", "ann") == "liked"
