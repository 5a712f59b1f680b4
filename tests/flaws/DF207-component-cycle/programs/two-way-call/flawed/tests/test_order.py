import order


def test_a_placed_order_is_paid():
    assert order.place(7, 500) == 500
    assert order.state(7) == "paid"
