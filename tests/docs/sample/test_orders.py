import ledger
import orders


def test_an_order_is_booked_at_the_price_of_the_catalogue():
    orders.order("ada", "tea")
    assert ledger.entries["ada"] == 4.35
