"""Where customers pay."""

from decimal import Decimal
from typing import Protocol


class Prices(Protocol):
    def price(self, sku: str) -> Decimal: ...


class Till:
    def __init__(self, catalog: Prices) -> None:
        self._catalog = catalog

    def receipt(self, sku: str, count: int) -> str:
        return f"{count} x {sku} {self._catalog.price(sku) * count:.2f}"
