from unittest.mock import patch

import checkout


def test_paying():
    with patch("gateway.charge", return_value={"status": "paid"}) as charge:
        assert checkout.pay("4111111111111111", 500)
    charge.assert_called_once_with("4111111111111111", 500)


def test_a_refusal():
    with patch("gateway.charge", return_value={"status": "refused"}):
        assert not checkout.pay("4111111111111111", 500)
