from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog import UnknownProduct
from inventory import SAMPLE_STOCK, InventoryManager, InventoryService, OutOfStock
from money import InvalidAmount
from order import BadOrder, DuplicateOrder, OrderService, OrderSystem, PartnerOrder, WrongTotal

ORDER: dict[str, object] = {
    "order_id": "ORD-2026-0001",
    "user_id": "partner-customer-7",
    "items": [
        {"product_id": "prod123", "quantity": 2, "price": 49.99},
        {"product_id": "prod789", "quantity": 1, "price": 99.99},
    ],
    "total_amount": 199.97,
    "created_at": "2026-05-04T12:30:00",
}


def test_a_partner_gets_back_what_it_gave() -> None:
    receipt = OrderService().create_order(ORDER)
    assert (receipt.order_id, receipt.total_amount) == ("ORD-2026-0001", 199.97)


def test_a_partners_order_is_kept_exactly() -> None:
    OrderService().create_order(PartnerOrder.model_validate(ORDER))
    order = OrderSystem().get_order("ORD-2026-0001")
    assert (order.total, order.placed_at) == (Decimal("199.97"), datetime(2026, 5, 4, 12, 30, tzinfo=UTC))


def test_a_partners_goods_are_reserved_and_others_still_available() -> None:
    OrderService().create_order(ORDER)
    assert InventoryManager().check_stock("prod123") == SAMPLE_STOCK - 2
    assert set(InventoryService().check_stock_status(["prod123", "prod789"]).values()) == {"available"}


def test_a_total_is_the_sum_of_its_lines() -> None:
    with pytest.raises(WrongTotal, match=r"199\.97.*199\.98"):
        OrderService().create_order(ORDER | {"total_amount": 199.98})
    assert InventoryManager().check_stock("prod123") == SAMPLE_STOCK


def test_a_number_is_given_once() -> None:
    OrderService().create_order(ORDER)
    with pytest.raises(DuplicateOrder, match="ORD-2026-0001"):
        OrderService().create_order(ORDER)
    assert InventoryManager().check_stock("prod123") == SAMPLE_STOCK - 2


@pytest.mark.parametrize("field", sorted(ORDER))
def test_every_field_is_needed(field: str) -> None:
    with pytest.raises(BadOrder, match=field):
        OrderService().create_order({key: ORDER[key] for key in ORDER.keys() - {field}})


def test_unknown_products_and_empty_shelves_are_named() -> None:
    def line(product_id: str, quantity: int) -> dict[str, object]:
        items = [{"product_id": product_id, "quantity": quantity, "price": 1}]
        return ORDER | {"items": items, "total_amount": quantity}

    with pytest.raises(UnknownProduct, match="prod0"):
        OrderService().create_order(line("prod0", 1))
    with pytest.raises(OutOfStock, match="prod123"):
        OrderService().create_order(line("prod123", SAMPLE_STOCK + 1))


def test_a_negative_price_is_refused() -> None:
    items = [{"product_id": "prod123", "quantity": 1, "price": -1}]
    with pytest.raises(InvalidAmount):
        OrderService().create_order(ORDER | {"items": items, "total_amount": -1})
