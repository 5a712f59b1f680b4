"""What others were promised they can write, with nothing configured, each in a fresh process outside the shop."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

A_SHOPPERS_ORDER = """
    from inventory import InventoryManager
    from order import OrderSystem
    from payment import PaymentProcessor

    order_id = OrderSystem().create_order(user_id="user123", items=[{"product_id": "prod456", "quantity": 2}])
    assert order_id
    assert InventoryManager().check_stock("prod456") >= 2
    payment = PaymentProcessor().process_payment(order_id=order_id, amount=199.99)
    assert payment.status == "success"
    InventoryManager().update_stock("prod456", -2)
    assert OrderSystem().get_order(order_id).status == "completed"
"""

A_PARTNERS_ORDER = """
    from datetime import datetime
    from errors import ShopError
    from inventory import InventoryService
    from order import OrderService

    data = {
        "order_id": "ORD001",
        "user_id": "USR001",
        "items": [
            {"product_id": "prod123", "quantity": 2, "price": 49.99},
            {"product_id": "prod789", "quantity": 1, "price": 99.99},
        ],
        "total_amount": 199.97,
        "created_at": datetime.now(),
    }
    result = OrderService().create_order(data)
    assert result.order_id == data["order_id"]
    assert result.total_amount == data["total_amount"] == 199.97

    status = InventoryService().check_stock_status([item["product_id"] for item in data["items"]])
    assert all(status[item["product_id"]] == "available" for item in data["items"])

    try:
        OrderService().create_order(data | {"order_id": "ORD002", "total_amount": 199.96})
    except ShopError as error:
        assert "199.97" in str(error)
    else:
        raise AssertionError("a total that is not the sum of its lines was taken")
"""

A_PAYMENT_AND_ITS_MAIL = """
    import asyncio
    from notification_service import NotificationService
    from payment_gateway import PaymentGateway

    async def main():
        payment = await PaymentGateway().process_payment(
            amount=100.00, currency="USD", payment_method="credit_card"
        )
        assert payment.id
        assert payment.status == "success"
        notification = await NotificationService().send_payment_confirmation(
            payment_id=payment.id, user_email="user@example.com"
        )
        assert notification.delivered

    asyncio.run(main())
"""

SCRIPTS = {"shopper": A_SHOPPERS_ORDER, "partner": A_PARTNERS_ORDER, "payment": A_PAYMENT_AND_ITS_MAIL}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_plain_script_needs_no_setting_up(shop, tmp_path, script):
    file = tmp_path / "script.py"
    file.write_text(dedent(script) + 'print("done")\n', encoding="utf-8")
    ended = shop.run(sys.executable, "-W", "error", str(file), PYTHONPATH=str(shop.root / "src"))
    assert (ended.status, ended.said) == (0, "done\n")
