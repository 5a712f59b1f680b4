from decimal import Decimal
from unittest.mock import patch

import desk


def test_a_label() -> None:
    with patch("parcels.cost", return_value=Decimal("5.00")):
        assert desk.label(300) == "300 g, 5.00 EUR"


def test_a_label_at_todays_cost() -> None:
    assert desk.label(300) == "300 g, 4.99 EUR"
