from decimal import Decimal

import pytest

from delivery import BadPostcode, delivery_cost


def test_the_mainland_is_one_price() -> None:
    assert delivery_cost("10115") == delivery_cost("80331") == delivery_cost() == Decimal("4.99")


def test_islands_cost_more() -> None:
    assert delivery_cost("27498") == Decimal("14.99")


@pytest.mark.parametrize("postcode", ["1011", "101155", "1011X", "", "\u0661\u0660\u0661\u0661\u0665"])
def test_a_postcode_has_five_digits(postcode: str) -> None:
    with pytest.raises(BadPostcode, match="five digits"):
        delivery_cost(postcode)
