from contextlib import closing

from orders import Orders


def test_what_is_in_the_basket_is_ordered(wholesaler):
    with closing(Orders(wholesaler)) as orders:
        assert orders.order("A-1", {"nail": 100}) == "ordered"
