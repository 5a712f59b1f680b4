import shop


def test_tea():
    assert shop.can_sell("tea")


def test_what_was_never_there():
    assert not shop.can_sell("gold")
