import checkout


def test_paying_at_the_gateway():
    assert checkout.pay("4111111111111111", 500)
