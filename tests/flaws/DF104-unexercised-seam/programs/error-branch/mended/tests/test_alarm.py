import order


def test_a_refused_card_raises_an_alarm():
    assert order.place("stolen", 500) == 1
