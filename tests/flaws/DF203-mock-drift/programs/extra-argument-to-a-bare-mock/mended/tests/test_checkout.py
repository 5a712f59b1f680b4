from unittest.mock import Mock

from checkout import Checkout
from gateway import Gateway


def test_paying():
    assert Checkout(Gateway()).pay("4111111111111111", 500) == "1111:500"


def test_paying_abroad():
    gateway = Mock()
    gateway.charge.return_value = "1111:550"
    assert Checkout(gateway).pay_abroad("4111111111111111", 500, "CHF") == "1111:550"
    gateway.charge.assert_called_once_with("4111111111111111", 550)
