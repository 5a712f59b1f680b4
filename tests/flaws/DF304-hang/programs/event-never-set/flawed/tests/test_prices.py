import asyncio

from prices import Prices
from source import Source


def test_prices_are_found_by_name():
    prices = Prices(Source("tea 3\ncup 5"))
    assert asyncio.run(prices.of(["Cup", "tea "])) == [5, 3]
