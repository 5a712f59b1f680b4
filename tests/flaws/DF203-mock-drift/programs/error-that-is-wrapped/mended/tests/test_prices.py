from unittest.mock import patch

import exchange
import prices
import pytest


@pytest.mark.parametrize("error", [exchange.RateTooOld("XYZ"), exchange.RateUnknown("XYZ")])
def test_a_price_without_a_rate(error: Exception) -> None:
    with patch("exchange.rate", side_effect=error):
        assert prices.price(10, "XYZ") == "on request"


@pytest.mark.parametrize(("currency", "text"), [("CHF", "11.00 CHF"), ("SEK", "on request")])
def test_a_price(currency: str, text: str) -> None:
    assert prices.price(10, currency) == text
