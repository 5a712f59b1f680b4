from unittest.mock import patch

import shelf
import stock


def test_customers_are_told_to_hurry() -> None:
    with patch.object(stock, "status", return_value=stock.Status.LOW):
        assert shelf.label("tea") == "tea, hurry"


def test_nobody_has_to_hurry() -> None:
    assert shelf.label("tea") == "tea"
