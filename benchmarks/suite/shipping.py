"""What it costs to send a basket."""

from decimal import Decimal

from pricing import Line

BY_COUNTRY = {"DE": Decimal("4.99"), "AT": Decimal("8.99")}
HEAVY = Decimal("6.50")


def delivery_cost(country: str, lines: list[Line]) -> Decimal:
    """Return the cost of one parcel, or of a heavy one."""
    grams = sum(line.product.grams * line.quantity for line in lines)
    cost = BY_COUNTRY.get(country, Decimal("14.99"))
    return cost + HEAVY if grams > 5_000 else cost
