"""Payments: an order's total is taken once, and the order is completed by it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ParamSpec, TypeVar

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, DatabaseUnavailable, transaction
from errors import Invalid, NotFound, Refused
from money import Amount, to_money
from order import Order, OrderNotOpen, OrderStatus, OrderSystem
from payment_gateway import GatewayPayment, PaymentGateway

CURRENCY = "EUR"

P = ParamSpec("P")
R = TypeVar("R")


class WrongAmount(Invalid):
    """The amount is not the order's total."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that was made for an order."""

    id: str
    order_id: str
    amount: Decimal
    status: str
    paid_at: datetime


class PaymentRow(Base):
    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), unique=True)
    amount: Mapped[Decimal]
    paid_at: Mapped[datetime]

    def as_payment(self) -> Payment:
        """Return the row as the value that other modules see."""
        return Payment(self.id, self.order_id, self.amount, "success", self.paid_at)


class PaymentProcessor:
    """Takes the money for orders. Paying twice is harmless: the second time gives the first payment."""

    def __init__(self, gateway: PaymentGateway | None = None) -> None:
        self._gateway: PaymentGateway = gateway or PaymentGateway()
        self._orders = OrderSystem()

    def process_payment(self, order_id: str, amount: Amount, payment_method: str = "credit_card") -> Payment:
        """Do as `pay`, for callers who do not use asyncio; works inside a running event loop, too."""
        # An event loop of its own, in a thread of its own: this thread may be running one already.
        with ThreadPoolExecutor(max_workers=1) as thread:
            paying = self.pay(order_id, amount, payment_method)
            return thread.submit(copy_context().run, asyncio.run, paying).result()

    async def pay(self, order_id: str, amount: Amount, payment_method: str = "credit_card") -> Payment:
        """Take the order's total and complete the order.

        Nothing is written before the gateway has the money. Where an answer is lost, paying again asks it
        under the same key, and so finds the first payment instead of making a second one.

        Raises UnknownOrder, OrderNotOpen, WrongAmount, PaymentDeclined, PaymentRejected, GatewayUnavailable.
        """
        order, earlier = await asyncio.to_thread(self._payable, order_id, to_money(amount))
        if earlier is not None:
            return earlier
        taken = await self._gateway.process_payment(
            amount=order.total, currency=CURRENCY, payment_method=payment_method, idempotency_key=order.id
        )
        try:
            return await _at_last(self._record, order, taken)
        except (NotFound, Refused):
            return await self._settle_overtaken(order, taken)

    async def _settle_overtaken(self, order: Order, taken: GatewayPayment) -> Payment:
        """Deal with an order that is open no more: paid meanwhile with this very money, or cancelled."""
        meanwhile = await _at_last(_payment_of, order.id)
        if meanwhile is not None:
            return meanwhile
        await self._gateway.refund(taken.id)
        raise OrderNotOpen(f"order {order.id!r} was cancelled during the payment, which has been given back")

    def _payable(self, order_id: str, amount: Decimal) -> tuple[Order, Payment | None]:
        with transaction():
            order = self._orders.get_order(order_id)
            if amount != order.total:
                raise WrongAmount(f"order {order_id!r} costs {order.total}, not {amount}")
            earlier = _payment_of(order_id)
        if earlier is None and order.status is not OrderStatus.PENDING:
            raise OrderNotOpen(f"order {order_id!r} is {order.status} already")
        return order, earlier

    def _record(self, order: Order, taken: GatewayPayment) -> Payment:
        with transaction() as session:
            self._orders.complete_order(order.id, paid_at=taken.paid_at)
            row = PaymentRow(id=taken.id, order_id=order.id, amount=taken.amount, paid_at=taken.paid_at)
            session.add(row)
            return row.as_payment()


async def _at_last(work: Callable[P, R], *values: P.args, **options: P.kwargs) -> R:
    """Let the database work, if need be in a second attempt: the money is taken already."""
    try:
        return await asyncio.to_thread(work, *values, **options)
    except DatabaseUnavailable:
        return await asyncio.to_thread(work, *values, **options)


def _payment_of(order_id: str) -> Payment | None:
    with transaction() as session:
        row = session.scalar(select(PaymentRow).where(PaymentRow.order_id == order_id))
        return row.as_payment() if row else None
