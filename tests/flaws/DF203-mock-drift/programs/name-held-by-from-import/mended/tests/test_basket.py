from unittest.mock import patch

import basket


def test_a_basket_without_discount() -> None:
    with patch("basket.percent", return_value=0):
        assert basket.total(6000, "guest") == 6000


def test_shipping_is_free_from_a_sum_on() -> None:
    with patch("basket.FREE_FROM", 100):
        assert basket.total(1000, "guest") == 1000


def test_a_member_pays_less() -> None:
    assert basket.total(1000, "member 7") == 1400
