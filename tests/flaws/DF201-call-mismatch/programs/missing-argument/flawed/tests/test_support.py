from unittest.mock import patch

import payment
import support


def test_just_grumbling():
    assert support.complain("o1", 500, "too slow") == "sorry"


def test_a_broken_thing_is_refunded():
    with patch("payment.refund", return_value="done"):
        assert support.complain("o1", 500, "it is broken") == "done"


def test_a_refund_names_its_reason():
    assert payment.refund("o1", 500, "broken") == "o1: 500 back, broken"
