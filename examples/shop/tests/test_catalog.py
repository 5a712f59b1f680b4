from decimal import Decimal

import pytest

from catalog import Catalog, Product, ProductExists, UnknownProduct
from money import InvalidAmount


def test_products_are_listed_by_name() -> None:
    names = [product.name for product in Catalog().list_products()]
    assert names == sorted(names)
    assert "Japanese pull saw" in names


def test_a_product_is_found_by_id() -> None:
    assert Catalog().product("prod456") == Product("prod456", "Japanese pull saw", Decimal("97.50"))


def test_everything_that_is_missing_is_named() -> None:
    with pytest.raises(UnknownProduct, match="'prod0', 'prod9'"):
        Catalog().products(["prod9", "prod456", "prod0"])


def test_a_new_product_is_on_sale_at_an_exact_price() -> None:
    Catalog().add_product("prod_new", "Mallet", 24.9)
    assert Catalog().product("prod_new").price == Decimal("24.90")


def test_a_product_id_is_given_once() -> None:
    with pytest.raises(ProductExists, match="prod456"):
        Catalog().add_product("prod456", "Another saw", Decimal("1.00"))
    assert Catalog().product("prod456").name == "Japanese pull saw"


def test_a_price_can_change() -> None:
    assert Catalog().change_price("prod456", Decimal("99.00")).price == Decimal("99.00")
    assert Catalog().product("prod456").price == Decimal("99.00")


def test_a_price_of_nothing_known_cannot_change() -> None:
    with pytest.raises(UnknownProduct, match="prod0"):
        Catalog().change_price("prod0", Decimal("1.00"))


def test_a_price_is_not_negative() -> None:
    with pytest.raises(InvalidAmount):
        Catalog().change_price("prod456", Decimal("-1.00"))
