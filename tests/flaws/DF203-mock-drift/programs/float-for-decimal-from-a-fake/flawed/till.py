"""Where customers pay."""

from catalog import Catalog


class Till:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def receipt(self, sku: str, count: int) -> str:
        return f"{count} x {sku} {self._catalog.price(sku) * count:.2f}"
