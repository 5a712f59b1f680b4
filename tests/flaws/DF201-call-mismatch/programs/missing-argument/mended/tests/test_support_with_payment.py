import support


def test_a_broken_thing_is_refunded_by_payment():
    assert support.complain("o1", 500, "it is broken") == "o1: 500 back, it is broken"
