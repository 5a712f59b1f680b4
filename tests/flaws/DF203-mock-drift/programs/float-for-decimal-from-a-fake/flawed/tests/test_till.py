from typing import Any

from catalog import Catalog
from till import Till


class FakeCatalog(Catalog):
    def price(self, sku: str) -> Any:
        return 2.5


def test_a_receipt() -> None:
    assert Till(FakeCatalog()).receipt("tea", 3) == "3 x tea 7.50"


def test_the_receipt_of_the_real_catalog() -> None:
    assert Till(Catalog()).receipt("tea", 3) == "3 x tea 0.30"
