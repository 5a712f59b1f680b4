"""How many there are."""

from collections.abc import Collection, Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import StockRow


class OutOfStock(Exception):
    """There are not so many."""


def available(session: Session, ids: Collection[str]) -> dict[str, int]:
    """Return how many of each product can be ordered."""
    rows = session.execute(select(StockRow.product_id, StockRow.quantity).where(StockRow.product_id.in_(ids)))
    return {row.product_id: row.quantity for row in rows}


def take(session: Session, wanted: Mapping[str, int]) -> None:
    """Take goods out, all or none."""
    for product_id, quantity in sorted(wanted.items()):
        taken = update(StockRow).where(StockRow.product_id == product_id, StockRow.quantity >= quantity)
        left = session.scalar(
            taken.values(quantity=StockRow.quantity - quantity).returning(StockRow.quantity)
        )
        if left is None:
            raise OutOfStock(f"there are not {quantity} of {product_id}")


def give_back(session: Session, goods: Mapping[str, int]) -> None:
    """Put goods back."""
    for product_id, quantity in sorted(goods.items()):
        session.get_one(StockRow, product_id).quantity += quantity
