"""What customers abroad owe."""

from decimal import Decimal

import rates


def total(net: str, currency: str) -> Decimal:
    return Decimal(net) * Decimal(rates.rate(currency))
