"""Orders, from the basket to the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

import audit
import catalog
import stock
from accounts import User
from money import total
from pricing import Line, goods_total, price_lines
from shipping import delivery_cost
from storage import LineRow, OrderRow


class UnknownOrder(Exception):
    """The customer has no such order."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a basket would cost."""

    lines: list[Line]
    delivery: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands."""

    id: int
    status: str
    quantities: dict[str, int]
    total: Decimal
    events: int


class Orders:
    """Makes and finds orders."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def quote(self, user: User, wanted: Sequence[tuple[str, int]]) -> Quote:
        """Return what the basket costs today."""
        quantities: Counter[str] = Counter()
        for product_id, quantity in wanted:
            quantities[product_id] += quantity
        products = catalog.products(self._session, list(quantities))
        lines = price_lines(user, products, quantities)
        delivery = delivery_cost(user.country, lines)
        return Quote(lines, delivery, total([goods_total(lines), delivery]))

    def place(self, user: User, wanted: Sequence[tuple[str, int]]) -> Order:
        """Make an order, and take its goods out of the stock."""
        quote = self.quote(user, wanted)
        stock.take(self._session, {line.product.id: line.quantity for line in quote.lines})
        row = OrderRow(
            user_id=user.id,
            status="open",
            delivery=quote.delivery,
            total=quote.total,
            placed_at=datetime.now(UTC),
            lines=[
                LineRow(
                    position=position,
                    product_id=line.product.id,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                )
                for position, line in enumerate(quote.lines)
            ],
        )
        self._session.add(row)
        self._session.flush()
        audit.note(self._session, "placed", f"order {row.id}")
        return self._order(row)

    def find(self, user: User, order_id: int) -> Order:
        """Return one of the customer's orders."""
        return self._order(self._row(user, order_id))

    def all_of(self, user: User) -> list[Order]:
        """Return the customer's orders, the newest first."""
        theirs = select(OrderRow).where(OrderRow.user_id == user.id).options(selectinload(OrderRow.lines))
        return [self._order(row) for row in self._session.scalars(theirs.order_by(OrderRow.id.desc()))]

    def cancel(self, user: User, order_id: int) -> Order:
        """Give an order up, and its goods back."""
        row = self._row(user, order_id)
        stock.give_back(self._session, {line.product_id: line.quantity for line in row.lines})
        row.status = "cancelled"
        audit.note(self._session, "cancelled", f"order {row.id}")
        return self._order(row)

    def _row(self, user: User, order_id: int) -> OrderRow:
        row = self._session.get(OrderRow, order_id)
        if row is None or row.user_id != user.id:
            raise UnknownOrder(f"there is no order {order_id}")
        return row

    def _order(self, row: OrderRow) -> Order:
        quantities = {line.product_id: line.quantity for line in row.lines}
        return Order(row.id, row.status, quantities, row.total, audit.count(self._session, f"order {row.id}"))
