import order


def test_checkout():
    assert order.checkout(100) == "paid"
