from basket import Basket
from catalogue import Catalogue


class FakeCatalogue:
    def __init__(self, **prices):
        self.prices = prices

    def price(self, sku):
        return self.prices.get(sku)


def test_a_total():
    assert Basket(FakeCatalogue(tea=3, oil=8)).total(["tea", "oil", "tea"]) == 14


def test_what_is_sold_no_more():
    basket = Basket(Catalogue({"tea": 3}))
    assert basket.total(["tea", "rum"]) == 3
    assert basket.unavailable == ["rum"]
