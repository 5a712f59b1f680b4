from basket import Basket
from catalogue import Catalogue, UnknownProduct


class FakeCatalogue:
    def __init__(self, **prices):
        self.prices = prices

    def price(self, sku):
        if sku not in self.prices:
            raise UnknownProduct(sku)
        return self.prices[sku]


def test_a_total():
    assert Basket(FakeCatalogue(tea=3, oil=8)).total(["tea", "oil", "tea"]) == 14


def test_what_is_sold_no_more():
    basket = Basket(Catalogue({"tea": 3}))
    assert basket.total(["tea", "rum"]) == 3
    assert basket.unavailable == ["rum"]
