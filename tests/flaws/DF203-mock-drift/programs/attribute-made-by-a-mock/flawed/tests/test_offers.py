from unittest.mock import patch

import offers


def test_an_offer_with_tax():
    with patch("pricing.quote") as quote:
        assert offers.offer("tea", with_tax=True) == f"tea: {quote.return_value.total}"


def test_an_offer_to_a_company():
    assert offers.offer("tea") == "tea: 1000"
