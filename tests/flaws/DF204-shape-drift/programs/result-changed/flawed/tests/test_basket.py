import basket


def test_tea_is_cheap():
    assert basket.is_cheap("tea")
