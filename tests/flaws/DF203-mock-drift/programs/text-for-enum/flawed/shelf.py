"""What customers read at the shelf."""

import stock


def label(sku: str) -> str:
    return f"{sku}, hurry" if stock.status(sku) == "low" else sku
