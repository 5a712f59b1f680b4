"""What the shop sells, and for how much."""

from decimal import Decimal

PRICES = {"tea": Decimal("4.35"), "cup": Decimal("12.90")}


def price_of(product: str) -> Decimal:
    return PRICES[product]
