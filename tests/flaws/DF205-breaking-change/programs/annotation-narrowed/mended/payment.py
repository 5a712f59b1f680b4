from decimal import Decimal


def charge(card: str, cents: int | Decimal) -> str:
    return f"{card}:{Decimal(cents).quantize(Decimal(1))}"
