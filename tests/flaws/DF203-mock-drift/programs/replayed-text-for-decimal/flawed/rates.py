"""What other money is worth."""

from decimal import Decimal


class Rates:
    def of(self, currency: str, day: int = 0) -> Decimal:
        known = {"EUR": "1", "USD": "0.92", "XAU": "2000"}
        return Decimal(known.get(currency, "NaN")) + day
