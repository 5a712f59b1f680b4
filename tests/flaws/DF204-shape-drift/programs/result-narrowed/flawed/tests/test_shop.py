import shop


def test_tea():
    assert shop.can_sell("tea")
