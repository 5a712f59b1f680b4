"""Orders: what somebody wants to have, what it costs, and how far it has come."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypedDict

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from auth import AuthService
from catalog import Catalog
from database import Base, Conflict, transaction
from delivery import delivery_cost
from errors import Invalid, NotFound, Refused
from inventory import InventoryManager, StockLine
from money import Amount, to_money

Quantity = Annotated[int, Field(gt=0, le=9_999)]


class BadOrder(Invalid):
    """The order makes no sense: nothing in it, a quantity below one, fields missing."""


class WrongTotal(Invalid):
    """The order's total is not the sum of its lines."""


class UnknownOrder(NotFound):
    """There is no order with this id."""


class DuplicateOrder(Refused):
    """There is an order with this id already."""


class OrderNotOpen(Refused):
    """The order has been paid or cancelled already."""


class OrderStatus(StrEnum):
    """How far an order has come."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ItemRequest(TypedDict):
    """One line of an order to be made, at the catalogue's price."""

    product_id: str
    quantity: int


class Item(BaseModel):
    """An item request that makes sense."""

    model_config = ConfigDict(strict=True, frozen=True)

    product_id: str
    quantity: Quantity


class PartnerItem(BaseModel):
    """One line of an order that a partner took, at the partner's price for one."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    product_id: str
    quantity: Quantity
    price: Decimal | float | int


class PartnerOrder(BaseModel):
    """An order that a partner took in a shop of its own, with its own number and customer."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    order_id: Annotated[str, Field(min_length=1)]
    user_id: str
    items: Annotated[list[PartnerItem], Field(min_length=1)]
    total_amount: Decimal | float | int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product in an order; the price is in euros, for one, as it was when the order was made."""

    product_id: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands; the total includes the delivery cost."""

    id: str
    user_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    delivery_cost: Decimal
    total: Decimal
    placed_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartnerReceipt:
    """What a partner gets back: its own number and total, just as it gave them."""

    order_id: str
    total_amount: Amount


class OrderRow(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("total >= 0", name="orders_total_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(index=True)
    status: Mapped[str]
    delivery_cost: Mapped[Decimal]
    total: Mapped[Decimal]
    placed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    lines: Mapped[list["OrderLineRow"]] = relationship(order_by="OrderLineRow.position", lazy="selectin")

    def as_order(self) -> Order:
        """Return the row as the value that other modules see."""
        return Order(
            id=self.id,
            user_id=self.user_id,
            status=OrderStatus(self.status),
            lines=tuple(OrderLine(row.product_id, row.quantity, row.unit_price) for row in self.lines),
            delivery_cost=self.delivery_cost,
            total=self.total,
            placed_at=self.placed_at,
            paid_at=self.paid_at,
        )

    def stock_lines(self) -> list[StockLine]:
        """Return what the order wants from the stock."""
        return [StockLine(row.product_id, row.quantity) for row in self.lines]


class OrderLineRow(Base):
    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="order_lines_quantity_positive"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]


_ITEMS = TypeAdapter(Annotated[list[Item], Field(min_length=1)])


class OrderSystem:
    """Makes orders of the shop's own customers and follows them until they are paid or cancelled."""

    def __init__(self) -> None:
        self._users = AuthService()
        self._catalog = Catalog()
        self._inventory = InventoryManager()

    def create_order(self, user_id: str, items: Sequence[ItemRequest], postcode: str | None = None) -> str:
        """Make an order at today's prices, reserve its goods and return its id.

        Raises UnknownUser, BadOrder, UnknownProduct, BadPostcode, OutOfStock.
        """
        wanted = _checked_items(items)
        cost = delivery_cost(postcode)
        with transaction():
            self._users.user(user_id)
            products = self._catalog.products({item.product_id for item in wanted})
            goods = [StockLine(item.product_id, item.quantity) for item in wanted]
            self._inventory.reserve(goods)
            lines = [
                OrderLine(line.product_id, line.quantity, products[line.product_id].price) for line in goods
            ]
            return _insert(f"order_{uuid.uuid4().hex}", user_id, lines, cost, datetime.now(UTC))

    def place_order(self, user_id: str, items: Sequence[ItemRequest], postcode: str | None = None) -> Order:
        """Make an order as `create_order` does, and return it as it stands: not one without the other."""
        with transaction():
            return self.get_order(self.create_order(user_id, items, postcode))

    def get_order(self, order_id: str) -> Order:
        """Return the order as it stands. Raises UnknownOrder."""
        with transaction():
            return _row(order_id).as_order()

    def orders_of(self, user_id: str) -> list[Order]:
        """Return the user's orders, the newest first."""
        newest_first = select(OrderRow).where(OrderRow.user_id == user_id).order_by(OrderRow.placed_at.desc())
        with transaction() as session:
            return [row.as_order() for row in session.scalars(newest_first)]

    def complete_order(self, order_id: str, paid_at: datetime) -> None:
        """Note that the order is paid, and its goods sold. Raises UnknownOrder, OrderNotOpen."""
        with transaction():
            row = _open_row(order_id)
            self._inventory.sell(row.stock_lines())
            row.status = OrderStatus.COMPLETED
            row.paid_at = paid_at

    def cancel_order(self, order_id: str) -> Order:
        """Give up an unpaid order, free its goods and return it. Raises UnknownOrder, OrderNotOpen."""
        with transaction():
            row = _open_row(order_id)
            self._inventory.release(row.stock_lines())
            row.status = OrderStatus.CANCELLED
            return row.as_order()


class OrderService:
    """Takes over orders from partners, who have agreed prices with customers of their own."""

    def __init__(self) -> None:
        self._catalog = Catalog()
        self._inventory = InventoryManager()

    def create_order(self, data: PartnerOrder | Mapping[str, object]) -> PartnerReceipt:
        """Take over an order and reserve its goods; a `created_at` without a time zone counts as UTC.

        Raises BadOrder, WrongTotal, InvalidAmount, UnknownProduct, OutOfStock, DuplicateOrder.
        """
        order = _checked_partner_order(data)
        lines = [OrderLine(item.product_id, item.quantity, to_money(item.price)) for item in order.items]
        if _sum(lines) != to_money(order.total_amount):
            raise WrongTotal(f"the lines add up to {_sum(lines)}, the total says {order.total_amount}")
        with transaction():
            self._catalog.products({line.product_id for line in lines})
            self._inventory.reserve([StockLine(line.product_id, line.quantity) for line in lines])
            _insert(order.order_id, order.user_id, lines, Decimal("0.00"), _aware(order.created_at))
        return PartnerReceipt(order_id=order.order_id, total_amount=order.total_amount)


def _checked_items(items: Sequence[ItemRequest]) -> list[Item]:
    try:
        return _ITEMS.validate_python(items)
    except ValidationError as error:
        raise BadOrder(f"these items cannot be ordered: {_reasons(error)}") from error


def _checked_partner_order(data: PartnerOrder | Mapping[str, object]) -> PartnerOrder:
    try:
        return PartnerOrder.model_validate(data)
    except ValidationError as error:
        raise BadOrder(f"this order cannot be taken over: {_reasons(error)}") from error


def _reasons(error: ValidationError) -> str:
    """Say in one line what is wrong, and where."""
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'all'}: {each['msg']}" for each in wrong)


def _insert(
    order_id: str, user_id: str, lines: Sequence[OrderLine], cost: Decimal, placed_at: datetime
) -> str:
    row = OrderRow(
        id=order_id,
        user_id=user_id,
        status=OrderStatus.PENDING,
        delivery_cost=cost,
        total=_sum(lines) + cost,
        placed_at=placed_at,
        lines=[
            OrderLineRow(
                position=position,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for position, line in enumerate(lines, start=1)
        ],
    )
    try:
        with transaction() as session:
            session.add(row)
            session.flush()
    except Conflict as error:
        raise DuplicateOrder(f"there is an order {order_id!r} already") from error
    return order_id


def _row(order_id: str, lock: bool = False) -> OrderRow:
    with transaction() as session:
        # Waiting for the lock is of no use if the row stays as this session has seen it before.
        row = session.get(OrderRow, order_id, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise UnknownOrder(f"there is no order {order_id!r}")
    return row


def _open_row(order_id: str) -> OrderRow:
    row = _row(order_id, lock=True)
    if row.status != OrderStatus.PENDING:
        raise OrderNotOpen(f"order {order_id!r} is {row.status} already")
    return row


def _sum(lines: Sequence[OrderLine]) -> Decimal:
    return sum((line.unit_price * line.quantity for line in lines), start=Decimal("0.00"))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
