import asyncio

import cart
import supplier

FULL = "00000000-0000-0000-0000-000000000001"
EMPTY = "00000000-0000-0000-0000-000000000002"


def test_what_a_customer_cannot_get():
    assert cart.missing({FULL: 2, EMPTY: 1}) == 1


def test_what_is_ordered_anew():
    assert asyncio.run(supplier.reorder(EMPTY)) == 1
