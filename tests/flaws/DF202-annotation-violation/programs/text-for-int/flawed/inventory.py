"""What is on the shelves."""

_reserved: dict[str, int] = {}


def reserve(sku: str, quantity: int) -> str:
    _reserved[sku] = quantity
    return f"{quantity} x {sku}"
