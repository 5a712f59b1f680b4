import order


def test_a_good_card_pays():
    assert order.place("good", 500) == "receipt for 500"
