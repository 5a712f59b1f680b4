from unittest.mock import patch

import offers


def test_an_offer_with_tax():
    with patch("pricing.quote") as quote:
        quote.return_value.net, quote.return_value.tax = 100, 19
        assert offers.offer("tea", with_tax=True) == "tea: 119"


def test_an_offer_by_whatever_is_quoted():
    with patch("pricing.quote") as quote:
        assert offers.offer("tea") == f"tea: {quote.return_value.net}"


def test_an_offer_to_a_company():
    assert offers.offer("tea") == "tea: 1000"
