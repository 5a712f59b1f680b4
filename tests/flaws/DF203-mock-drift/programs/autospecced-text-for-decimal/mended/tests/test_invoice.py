from decimal import Decimal
from unittest.mock import patch

import invoice


def test_a_total_in_another_currency() -> None:
    with patch("rates.rate", autospec=True, return_value=Decimal("2.00")):
        assert invoice.total("10", "CHF") == Decimal(20)


def test_a_total_at_the_rate_of_today() -> None:
    assert invoice.total("10", "CHF") == Decimal(11)
