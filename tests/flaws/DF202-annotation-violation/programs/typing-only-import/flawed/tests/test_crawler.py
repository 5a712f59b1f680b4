import asyncio

from crawler import Crawler
from tasks import Queue


def test_pages_wait():
    assert asyncio.run(Crawler(Queue()).visit("one", "two")) == 2
