"""What is sold."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import ProductRow


class UnknownProduct(Exception):
    """There is no such product."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product."""

    id: str
    title: str
    price: Decimal
    grams: int


def products(session: Session, ids: Collection[str]) -> dict[str, Product]:
    """Return the products by their ids."""
    rows = session.scalars(select(ProductRow).where(ProductRow.id.in_(ids)))
    found = {row.id: Product(row.id, row.title, row.price, row.grams) for row in rows}
    if missing := set(ids) - found.keys():
        raise UnknownProduct(f"there is no {', '.join(sorted(missing))}")
    return found


def page(session: Session, offset: int, limit: int) -> list[Product]:
    """Return some of the products in the order of their titles."""
    rows = session.scalars(select(ProductRow).order_by(ProductRow.title).offset(offset).limit(limit))
    return [Product(row.id, row.title, row.price, row.grams) for row in rows]
