from decimal import Decimal


def charge(card: str, cents: Decimal) -> str:
    return f"{card}:{cents.quantize(Decimal(1))}"
