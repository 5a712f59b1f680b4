import asyncio
from decimal import Decimal
from unittest.mock import create_autospec

import psycopg
import pytest
from sqlalchemy import func, select

import settings
from catalog import Catalog
from database import transaction
from inventory import SAMPLE_STOCK, InventoryManager
from money import Amount
from order import OrderNotOpen, OrderSystem, UnknownOrder
from payment import PaymentProcessor, PaymentRow, WrongAmount
from payment_gateway import (
    GatewayPayment,
    GatewayUnavailable,
    PaymentDeclined,
    PaymentGateway,
    PaymentRejected,
)
from sandbox_gateway import SandboxGateway


class OvertakenGateway(PaymentGateway):
    """The real gateway, slow enough for the order to be cancelled before its answer arrives."""

    taken: GatewayPayment

    async def process_payment(
        self, amount: Amount, currency: str, payment_method: str, idempotency_key: str | None = None
    ) -> GatewayPayment:
        self.taken = await super().process_payment(amount, currency, payment_method, idempotency_key)
        assert idempotency_key is not None
        await asyncio.to_thread(OrderSystem().cancel_order, idempotency_key)
        return self.taken


class ForgetfulGateway(PaymentGateway):
    """The real gateway behind a line that breaks after the money was taken."""

    async def process_payment(
        self, amount: Amount, currency: str, payment_method: str, idempotency_key: str | None = None
    ) -> GatewayPayment:
        await super().process_payment(amount, currency, payment_method, idempotency_key)
        raise GatewayUnavailable("the line broke")


class StormyGateway(PaymentGateway):
    """The real gateway, during whose answer all connections to the database break."""

    async def process_payment(
        self, amount: Amount, currency: str, payment_method: str, idempotency_key: str | None = None
    ) -> GatewayPayment:
        taken = await super().process_payment(amount, currency, payment_method, idempotency_key)
        with psycopg.connect(settings.database_url()) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND application_name NOT LIKE 'dryfit%'"
            )
        return taken


def number_of_payments() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(PaymentRow)) or 0


def test_a_payment_completes_the_order(order_id: str) -> None:
    payment = PaymentProcessor().process_payment(order_id=order_id, amount=199.99)
    order = OrderSystem().get_order(order_id)
    assert (payment.status, payment.amount, order.status) == ("success", Decimal("199.99"), "completed")
    assert order.paid_at == payment.paid_at


async def test_the_synchronous_way_works_inside_a_running_loop(order_id: str) -> None:
    assert PaymentProcessor().process_payment(order_id, Decimal("199.99")).status == "success"


async def test_paying_twice_is_one_payment(order_id: str, sandbox: SandboxGateway) -> None:
    first = await PaymentProcessor().pay(order_id, 199.99)
    assert await PaymentProcessor().pay(order_id, 199.99) == first
    assert number_of_payments() == 1


async def test_paying_twice_at_once_is_one_payment(order_id: str, sandbox: SandboxGateway) -> None:
    payments = await asyncio.gather(*(PaymentProcessor().pay(order_id, 199.99) for _ in range(4)))
    assert len({payment.id for payment in payments}) == number_of_payments() == 1
    assert sandbox.status_of(payments[0].id) == "success"


async def test_the_gateway_is_asked_once_under_the_orders_key(order_id: str) -> None:
    gateway = create_autospec(PaymentGateway, instance=True)
    gateway.process_payment.side_effect = PaymentDeclined("not today")
    with pytest.raises(PaymentDeclined, match="not today"):
        await PaymentProcessor(gateway).pay(order_id, 199.99, "sepa_debit")
    gateway.process_payment.assert_awaited_once()
    assert gateway.process_payment.await_args.kwargs["idempotency_key"] == order_id


async def test_the_gateway_is_not_asked_for_a_wrong_amount(order_id: str) -> None:
    gateway = create_autospec(PaymentGateway, instance=True)
    with pytest.raises(WrongAmount, match=r"costs 199\.99, not 199\.98"):
        await PaymentProcessor(gateway).pay(order_id, 199.98)
    gateway.process_payment.assert_not_awaited()


async def test_an_unknown_order_is_not_paid() -> None:
    with pytest.raises(UnknownOrder, match="order_of_nowhere"):
        await PaymentProcessor().pay("order_of_nowhere", 1)


async def test_a_cancelled_order_is_not_paid(order_id: str) -> None:
    OrderSystem().cancel_order(order_id)
    with pytest.raises(OrderNotOpen, match="cancelled"):
        await PaymentProcessor().pay(order_id, 199.99)


async def test_an_order_cancelled_meanwhile_gets_its_money_back(
    order_id: str, sandbox: SandboxGateway
) -> None:
    gateway = OvertakenGateway()
    with pytest.raises(OrderNotOpen, match="given back"):
        await PaymentProcessor(gateway).pay(order_id, 199.99)
    assert sandbox.status_of(gateway.taken.id) == "refunded"
    assert number_of_payments() == 0


async def test_a_declined_card_leaves_the_order_open_for_another(order_id: str) -> None:
    with pytest.raises(PaymentDeclined, match="expired"):
        await PaymentProcessor().pay(order_id, 199.99, "expired_card")
    assert (OrderSystem().get_order(order_id).status, number_of_payments()) == ("pending", 0)
    assert (await PaymentProcessor().pay(order_id, 199.99, "debit_card")).status == "success"


async def test_an_unknown_method_leaves_the_order_open(order_id: str) -> None:
    with pytest.raises(PaymentRejected, match="shells"):
        await PaymentProcessor().pay(order_id, 199.99, "shells")
    assert OrderSystem().get_order(order_id).status == "pending"


async def test_a_gateway_that_is_down_leaves_the_order_open(
    order_id: str, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_URL", f"http://127.0.0.1:{silent_port}")
    with pytest.raises(GatewayUnavailable):
        await PaymentProcessor().pay(order_id, 199.99)
    assert (OrderSystem().get_order(order_id).status, number_of_payments()) == ("pending", 0)
    assert InventoryManager().check_stock("prod456") == SAMPLE_STOCK - 2


async def test_a_lost_answer_costs_the_customer_once(order_id: str, sandbox: SandboxGateway) -> None:
    with pytest.raises(GatewayUnavailable, match="line broke"):
        await PaymentProcessor(ForgetfulGateway()).pay(order_id, 199.99)
    found = await PaymentProcessor().pay(order_id, 199.99)
    same = await PaymentGateway().process_payment(199.99, "EUR", "credit_card", idempotency_key=order_id)
    assert found.id == same.id


async def test_money_that_is_taken_is_recorded_though_the_database_broke_off(order_id: str) -> None:
    payment = await PaymentProcessor(StormyGateway()).pay(order_id, 199.99)
    assert (payment.status, number_of_payments()) == ("success", 1)
    assert OrderSystem().get_order(order_id).status == "completed"


async def test_a_free_order_is_paid_like_any_other(order_id: str) -> None:
    Catalog().add_product("prod_free", "Leaflet", 0)
    InventoryManager().update_stock("prod_free", 50)
    free = OrderSystem().create_order("user123", [{"product_id": "prod_free", "quantity": 1}])
    assert (await PaymentProcessor().pay(free, 4.99)).status == "success"
