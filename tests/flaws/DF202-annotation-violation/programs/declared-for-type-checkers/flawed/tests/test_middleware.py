import middleware
from web import Request


def test_a_request_reaches_its_view():
    assert middleware.answer(Request("/orders")) == "orders at /orders"
