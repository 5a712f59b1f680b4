from decimal import Decimal

from catalog import Catalog
from till import Till


class FakeCatalog:
    def price(self, sku: str) -> Decimal:
        return Decimal("2.5")


def test_a_receipt() -> None:
    assert Till(FakeCatalog()).receipt("tea", 3) == "3 x tea 7.50"


def test_the_receipt_of_the_real_catalog() -> None:
    assert Till(Catalog()).receipt("tea", 3) == "3 x tea 0.30"
