"""Rates of exchange."""

from decimal import Decimal


def rate(currency: str) -> Decimal:
    return Decimal("1.10")
