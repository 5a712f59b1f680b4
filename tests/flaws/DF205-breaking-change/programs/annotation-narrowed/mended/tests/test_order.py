import order


def test_checkout():
    assert order.checkout("4242", 100) == "4242:100"
