"""Exact amounts of money: two decimal places, never a float inside the shop."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeAlias

from errors import Invalid

Amount: TypeAlias = Decimal | float | int

CENT = Decimal("0.01")
HIGHEST = Decimal("9999999999.99")


class InvalidAmount(Invalid):
    """The value is not an amount of money that the shop can hold."""


def to_money(amount: Amount) -> Decimal:
    """Return the amount exact to the cent; a float counts as what it prints as (199.99 is 199.99).

    Raises InvalidAmount for NaN, infinities, negative amounts and ones beyond ten digits.
    """
    try:
        money = Decimal(str(amount)).quantize(CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise InvalidAmount(f"{amount!r} is not an amount of money") from error
    if not (money.is_finite() and 0 <= money <= HIGHEST):
        raise InvalidAmount(f"{amount!r} is not between 0 and {HIGHEST}")
    return money
