from decimal import Decimal

import pytest

from catalogue import Catalogue
from pricelist import PriceList
from supplier import BadLine


def test_prices_are_taken_over():
    catalogue = Catalogue()
    PriceList(catalogue).load(["# prices from May", "4711; 12.50", "4712; 3.20"])
    assert catalogue.prices == {"4711": Decimal("12.50"), "4712": Decimal("3.20")}


def test_a_list_with_a_bad_line_is_not_taken_over():
    catalogue = Catalogue()
    with pytest.raises(BadLine):
        PriceList(catalogue).load(["4711; 12.50", "4712; on request"])
    assert catalogue.prices == {}
