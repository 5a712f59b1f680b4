import orders
import pytest


@pytest.fixture
def no_mails(monkeypatch):
    monkeypatch.setattr("mails.confirm", lambda address, number: 1)


def test_an_order_is_placed(no_mails):
    assert orders.place(7, "ann@example.com") == "order 7 placed"


def test_a_customer_gets_a_mail():
    assert orders.place(8, "bob@example.com") == "order 8 placed"
