"""What the carrier asks for."""

from decimal import Decimal


def cost(grams: int) -> Decimal:
    return Decimal("4.99") if grams < 2000 else Decimal("9.99")
