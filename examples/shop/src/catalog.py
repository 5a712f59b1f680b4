"""What the shop sells, and for how much."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Conflict, transaction
from errors import NotFound, Refused
from money import Amount, to_money

# Suppliers number their products as they like.
SAMPLE_PRODUCTS = [
    {"id": "prod123", "name": "Oak cutting board", "price": Decimal("49.99")},
    {"id": "prod456", "name": "Japanese pull saw", "price": Decimal("97.50")},
    {"id": "prod789", "name": "Dovetail marker", "price": Decimal("99.99")},
    {"id": "prod001", "name": "Bench chisel", "price": Decimal("49.99")},
    {"id": "prod002", "name": "Block plane", "price": Decimal("99.99")},
    {"id": "prod003", "name": "Marking gauge", "price": Decimal("29.99")},
    {"id": "prod1", "name": "Try square", "price": Decimal("49.99")},
    {"id": "prod2", "name": "Spokeshave", "price": Decimal("99.99")},
    {"id": "prod3", "name": "Cabinet scraper", "price": Decimal("29.99")},
    {"id": "P001", "name": "Mortise chisel", "price": Decimal("49.99")},
    {"id": "P002", "name": "Shoulder plane", "price": Decimal("99.99")},
    {"id": "P003", "name": "Bevel gauge", "price": Decimal("29.99")},
]


class UnknownProduct(NotFound):
    """The catalogue has no product with this id."""


class ProductExists(Refused):
    """The catalogue has a product with this id already."""


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale; the price is in euros, for one."""

    id: str
    name: str
    price: Decimal


class ProductRow(Base):
    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="products_price_not_negative"),
        {"info": {"sample": SAMPLE_PRODUCTS}},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[Decimal]

    def as_product(self) -> Product:
        """Return the row as the value that other modules see."""
        return Product(id=self.id, name=self.name, price=self.price)


class Catalog:
    """Knows the shop's products."""

    def list_products(self) -> list[Product]:
        """Return every product, by name."""
        with transaction() as session:
            return [row.as_product() for row in session.scalars(select(ProductRow).order_by(ProductRow.name))]

    def product(self, product_id: str) -> Product:
        """Return the product with the id. Raises UnknownProduct."""
        return self.products([product_id])[product_id]

    def products(self, product_ids: Collection[str]) -> dict[str, Product]:
        """Return the products with the ids, by id. Raises UnknownProduct, naming all that are missing."""
        with transaction() as session:
            rows = session.scalars(select(ProductRow).where(ProductRow.id.in_(product_ids)))
            found = {row.id: row.as_product() for row in rows}
        missing = sorted(set(product_ids) - found.keys())
        if missing:
            raise UnknownProduct(f"the catalogue has no product {', '.join(map(repr, missing))}")
        return found

    def add_product(self, product_id: str, name: str, price: Amount) -> Product:
        """Put a product on sale. Raises ProductExists, InvalidAmount."""
        row = ProductRow(id=product_id, name=name, price=to_money(price))
        try:
            with transaction() as session:
                session.add(row)
                session.flush()
                return row.as_product()
        except Conflict as error:
            raise ProductExists(f"the catalogue has a product {product_id!r} already") from error

    def change_price(self, product_id: str, price: Amount) -> Product:
        """Set the price for orders from now on. Raises UnknownProduct, InvalidAmount."""
        exact = to_money(price)
        with transaction() as session:
            row = session.get(ProductRow, product_id)
            if row is None:
                raise UnknownProduct(f"the catalogue has no product {product_id!r}")
            row.price = exact
            return row.as_product()
