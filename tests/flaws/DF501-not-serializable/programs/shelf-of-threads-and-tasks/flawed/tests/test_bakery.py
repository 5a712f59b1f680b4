import asyncio

import pytest

from bakery import Bakery
from shelf import AllGone, Shelf


def test_the_counter_and_the_website_sell_from_one_shelf():
    shelf = Shelf(bread=3)
    bakery = Bakery(shelf)
    assert bakery.sell("bread") == "one bread"
    assert asyncio.run(bakery.order("bread")) == "one bread, to be fetched"
    assert shelf.numbers == {"bread": 1}


def test_what_is_gone_is_gone():
    bakery = Bakery(Shelf(bread=0))
    with pytest.raises(AllGone):
        bakery.sell("bread")
