from unittest.mock import patch

import order


def test_checkout():
    with patch("payment.charge", return_value="paid"):
        assert order.checkout("4242", 100) == "paid"
