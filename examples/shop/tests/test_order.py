from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from auth import LogIn, UnknownUser
from catalog import Catalog, UnknownProduct
from database import transaction
from delivery import BadPostcode
from inventory import SAMPLE_STOCK, InventoryManager, OutOfStock
from order import BadOrder, ItemRequest, OrderNotOpen, OrderRow, OrderStatus, OrderSystem, UnknownOrder

orders = OrderSystem()
stock = InventoryManager()


def test_an_order_costs_its_lines_and_the_delivery(order_id: str) -> None:
    order = OrderSystem().get_order(order_id)
    assert (order.total, order.delivery_cost, order.status) == (Decimal("199.99"), Decimal("4.99"), "pending")


def test_an_order_reserves_its_goods(order_id: str) -> None:
    assert stock.check_stock("prod456") == SAMPLE_STOCK - 2


def test_an_order_of_several_products(ann: LogIn) -> None:
    items: list[ItemRequest] = [
        {"product_id": "prod789", "quantity": 1},
        {"product_id": "prod123", "quantity": 3},
    ]
    order = orders.get_order(orders.create_order(user_id=ann.user.id, items=items))
    assert order.total == Decimal("254.95")
    assert {line.product_id: line.quantity for line in order.lines} == {"prod789": 1, "prod123": 3}


def test_an_order_to_an_island_costs_more(ann: LogIn) -> None:
    order_id = orders.create_order(ann.user.id, [{"product_id": "prod003", "quantity": 1}], postcode="27498")
    assert orders.get_order(order_id).total == Decimal("44.98")


def test_an_order_keeps_its_price(order_id: str) -> None:
    Catalog().change_price("prod456", Decimal("1.00"))
    assert orders.get_order(order_id).total == Decimal("199.99")


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"product_id": "prod456", "quantity": 0}],
        [{"product_id": "prod456", "quantity": 10_000}],
    ],
)
def test_an_order_that_makes_no_sense_is_refused(items: list[ItemRequest]) -> None:
    with pytest.raises(BadOrder, match="cannot be ordered"):
        orders.create_order("user123", items)


def test_what_is_wrong_with_an_order_is_said_in_one_line() -> None:
    with pytest.raises(BadOrder) as refused:
        orders.create_order("user123", [{"product_id": "prod456", "quantity": 0}])
    assert str(refused.value) == "these items cannot be ordered: 0.quantity: Input should be greater than 0"


def test_an_order_of_nobody_is_refused() -> None:
    with pytest.raises(UnknownUser, match="user999"):
        orders.create_order("user999", [{"product_id": "prod456", "quantity": 1}])


def test_an_unknown_product_is_named_and_nothing_reserved() -> None:
    with pytest.raises(UnknownProduct, match="'prod0'"):
        orders.create_order(
            "user123", [{"product_id": "prod456", "quantity": 1}, {"product_id": "prod0", "quantity": 1}]
        )
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_what_is_out_of_stock_is_named_and_nothing_kept() -> None:
    with pytest.raises(OutOfStock, match="'prod789'"):
        orders.create_order(
            "user123", [{"product_id": "prod456", "quantity": 1}, {"product_id": "prod789", "quantity": 101}]
        )
    assert (stock.check_stock("prod456"), orders.orders_of("user123")) == (SAMPLE_STOCK, [])


def test_a_bad_postcode_leaves_nothing_behind() -> None:
    with pytest.raises(BadPostcode):
        orders.create_order("user123", [{"product_id": "prod456", "quantity": 1}], postcode="1234")
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_a_completed_order_has_sold_its_goods(order_id: str) -> None:
    paid_at = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    orders.complete_order(order_id, paid_at)
    order = orders.get_order(order_id)
    assert (order.status, order.paid_at) == (OrderStatus.COMPLETED, paid_at)
    assert stock.update_stock("prod456", -2) == SAMPLE_STOCK - 2


def test_a_placed_order_is_shown_as_it_stands(ann: LogIn) -> None:
    order = orders.place_order(ann.user.id, [{"product_id": "prod003", "quantity": 1}])
    assert order == orders.get_order(order.id)


def test_a_cancelled_order_frees_its_goods(order_id: str) -> None:
    assert orders.cancel_order(order_id) == orders.get_order(order_id)
    assert (orders.get_order(order_id).status, stock.check_stock("prod456")) == ("cancelled", SAMPLE_STOCK)


def test_an_order_ends_once(order_id: str) -> None:
    orders.cancel_order(order_id)
    with pytest.raises(OrderNotOpen, match="cancelled"):
        orders.cancel_order(order_id)
    with pytest.raises(OrderNotOpen, match="cancelled"):
        orders.complete_order(order_id, datetime.now(UTC))
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_what_was_read_before_is_not_relied_on(order_id: str) -> None:
    with transaction() as session:
        seen = session.get_one(OrderRow, order_id)
        assert seen.status == OrderStatus.PENDING
        with ThreadPoolExecutor(1) as meanwhile:
            meanwhile.submit(orders.complete_order, order_id, datetime.now(UTC)).result()
        with pytest.raises(OrderNotOpen, match="completed"):
            orders.cancel_order(order_id)


def test_a_users_orders_come_newest_first(ann: LogIn, order_id: str) -> None:
    newer = orders.create_order(ann.user.id, [{"product_id": "prod003", "quantity": 1}])
    orders.create_order("user123", [{"product_id": "prod003", "quantity": 1}])
    assert [order.id for order in orders.orders_of(ann.user.id)] == [newer, order_id]


def test_an_unknown_order_is_named() -> None:
    with pytest.raises(UnknownOrder, match="order_of_nowhere"):
        orders.get_order("order_of_nowhere")
