from unittest.mock import patch

import orders
import pytest


@pytest.fixture
def no_mails(monkeypatch):
    monkeypatch.setattr("orders.confirm", lambda address, number: 1)


def test_an_order_is_placed(no_mails):
    assert orders.place(7, "ann@example.com") == "order 7 placed"


def test_no_mail_without_an_address():
    with patch("orders.confirm") as confirm:
        assert orders.place(9) == "order 9 placed"
    confirm.assert_not_called()


def test_a_customer_gets_a_mail():
    assert orders.place(8, "bob@example.com") == "order 8 placed"
