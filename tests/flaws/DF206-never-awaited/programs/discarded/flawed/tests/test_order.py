import asyncio

import order


def test_an_order_is_placed():
    assert asyncio.run(order.place("ada")) == "placed"
