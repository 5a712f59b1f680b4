from decimal import Decimal

from invoice import Invoice
from rates import Rates


class FixedRates:
    def of(self, currency: str, day: int = 0) -> Decimal:
        fixed = {"USD": Decimal("0.5")}
        return fixed.get(currency, Decimal(0))


def test_dollars() -> None:
    assert Invoice(FixedRates()).worth(10, "USD") == "5.00 EUR"


def test_other_money() -> None:
    invoice = Invoice(Rates())
    assert invoice.worth(10, "EUR") == "10.00 EUR"
    assert invoice.worth(1, "XAU") == "2000.00 EUR"
