"""What a basket costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from accounts import User
from catalog import Product
from money import rounded, total

REGULARS_PAY = Decimal("0.95")


@dataclass(frozen=True, slots=True)
class Line:
    """One product in a basket, at the price for one."""

    product: Product
    quantity: int
    unit_price: Decimal

    @property
    def price(self) -> Decimal:
        """The price of all of them."""
        return self.unit_price * self.quantity


def price_lines(user: User, products: Mapping[str, Product], wanted: Mapping[str, int]) -> list[Line]:
    """Return the basket at this customer's prices."""
    return [
        Line(products[product_id], quantity, _for(user, products[product_id]))
        for product_id, quantity in wanted.items()
    ]


def goods_total(lines: list[Line]) -> Decimal:
    """Return what the goods cost together."""
    return total(line.price for line in lines)


def _for(user: User, product: Product) -> Decimal:
    return rounded(product.price * REGULARS_PAY) if user.regular else product.price
