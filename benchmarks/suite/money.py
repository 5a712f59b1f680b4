"""Amounts of money, exact to the cent."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def rounded(amount: Decimal) -> Decimal:
    """The amount to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, to the cent."""
    return rounded(sum(amounts, Decimal(0)))


def in_words(amount: Decimal) -> str:
    """As it is printed for people."""
    return f"{amount:,.2f} €"
