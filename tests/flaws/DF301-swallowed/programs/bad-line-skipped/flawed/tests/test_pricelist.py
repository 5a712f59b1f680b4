from decimal import Decimal

from catalogue import Catalogue
from pricelist import PriceList


def test_prices_are_taken_over():
    catalogue = Catalogue()
    PriceList(catalogue).load(["4711; 12.50", "4712; 3.20"])
    assert catalogue.prices == {"4711": Decimal("12.50"), "4712": Decimal("3.20")}
