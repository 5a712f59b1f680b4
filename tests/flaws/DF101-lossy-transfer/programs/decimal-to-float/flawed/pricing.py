"""What things cost."""

from decimal import Decimal

PRICES = {"tea": Decimal("4.10"), "cup": Decimal("12.35")}


def total(items: dict[str, int]) -> Decimal:
    return sum((PRICES[name] * count for name, count in items.items()), Decimal(0))
