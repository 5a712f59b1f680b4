"""How many of each product are there, and how many of them are promised to orders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from sqlalchemy import CheckConstraint, ForeignKey, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from catalog import SAMPLE_PRODUCTS, Catalog
from database import Base, transaction
from errors import Invalid, Refused

FEW = 5
SAMPLE_STOCK = 100


class OutOfStock(Refused):
    """Fewer of the product are free than were asked for."""


class BadQuantity(Invalid):
    """Goods come and go by the piece."""


class StockStatus(StrEnum):
    """How likely a customer is to get the product."""

    AVAILABLE = "available"
    LOW = "low"
    OUT_OF_STOCK = "out_of_stock"


@dataclass(frozen=True, slots=True)
class StockLine:
    """A number of one product."""

    product_id: str
    quantity: int


class StockRow(Base):
    """One product's stock: `reserved` for orders to be paid, `sold` and not sent yet; the rest is free."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND sold >= 0", name="stock_promises_not_negative"),
        CheckConstraint("on_hand >= reserved + sold", name="stock_promises_covered"),
        {
            "info": {
                "sample": [{"product_id": str(p["id"]), "on_hand": SAMPLE_STOCK} for p in SAMPLE_PRODUCTS]
            }
        },
    )

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")
    sold: Mapped[int] = mapped_column(server_default="0")


FREE = StockRow.on_hand - StockRow.reserved - StockRow.sold


class InventoryManager:
    """Keeps the stock. Each change is one conditional UPDATE, so that no two callers get the same piece."""

    def __init__(self) -> None:
        self._catalog = Catalog()

    def check_stock(self, product_id: str) -> int:
        """Return how many of the product are free to be ordered. Raises UnknownProduct."""
        self._catalog.product(product_id)
        return _free([product_id])[product_id]

    def update_stock(self, product_id: str, change: int) -> int:
        """Book goods in (positive) or out (negative), sold ones first; return how many are free then.

        Raises UnknownProduct, BadQuantity, OutOfStock.
        """
        if not isinstance(change, int):
            raise BadQuantity(f"{change!r} is no whole number of {product_id!r}")
        self._catalog.product(product_id)
        still_sold = func.greatest(StockRow.sold + min(change, 0), 0)
        booked = (
            update(StockRow)
            .where(
                StockRow.product_id == product_id, StockRow.on_hand + change >= StockRow.reserved + still_sold
            )
            .values(on_hand=StockRow.on_hand + change, sold=still_sold)
            .returning(FREE)
        )
        with transaction() as session:
            session.execute(insert(StockRow).values(product_id=product_id).on_conflict_do_nothing())
            free = session.scalar(booked)
        if free is None:
            raise OutOfStock(f"there are not {-change} of {product_id!r} to take out")
        return free

    def reserve(self, lines: Sequence[StockLine]) -> None:
        """Promise the goods to an order, all of them or none. Raises OutOfStock."""
        with transaction() as session:
            for line in _in_lock_order(lines):
                promised = (
                    update(StockRow)
                    .where(StockRow.product_id == line.product_id, line.quantity <= FREE)
                    .values(reserved=StockRow.reserved + line.quantity)
                    .returning(StockRow.product_id)
                )
                if session.scalar(promised) is None:
                    raise OutOfStock(f"there are not {line.quantity} of {line.product_id!r} left")

    def release(self, lines: Sequence[StockLine]) -> None:
        """Take back the promise of `reserve`: the order will not be paid."""
        with transaction() as session:
            for line in _in_lock_order(lines):
                freed = update(StockRow).where(StockRow.product_id == line.product_id)
                session.execute(freed.values(reserved=StockRow.reserved - line.quantity))

    def sell(self, lines: Sequence[StockLine]) -> None:
        """Keep the promise of `reserve`: the order is paid, the goods wait to be sent."""
        with transaction() as session:
            for line in _in_lock_order(lines):
                sold = update(StockRow).where(StockRow.product_id == line.product_id)
                session.execute(
                    sold.values(
                        reserved=StockRow.reserved - line.quantity, sold=StockRow.sold + line.quantity
                    )
                )


class InventoryService:
    """Tells customers about the stock."""

    def __init__(self) -> None:
        self._catalog = Catalog()

    def check_stock_status(self, product_ids: Collection[str]) -> dict[str, StockStatus]:
        """Return each product's status, by id. Raises UnknownProduct."""
        self._catalog.products(product_ids)
        return {product_id: _status(free) for product_id, free in _free(product_ids).items()}


def _free(product_ids: Collection[str]) -> dict[str, int]:
    with transaction() as session:
        rows = session.execute(select(StockRow.product_id, FREE).where(StockRow.product_id.in_(product_ids)))
        free = {row[0]: row[1] for row in rows}
    return {product_id: free.get(product_id, 0) for product_id in product_ids}


def _status(free: int) -> StockStatus:
    if free == 0:
        return StockStatus.OUT_OF_STOCK
    return StockStatus.LOW if free < FEW else StockStatus.AVAILABLE


def _in_lock_order(lines: Sequence[StockLine]) -> list[StockLine]:
    # Rows locked in one order by everybody cannot deadlock.
    return sorted(lines, key=attrgetter("product_id"))
