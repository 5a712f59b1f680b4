from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog import Catalog, UnknownProduct
from inventory import (
    SAMPLE_STOCK,
    BadQuantity,
    InventoryManager,
    InventoryService,
    OutOfStock,
    StockLine,
    StockStatus,
)

stock = InventoryManager()


def reserved_one(product_id: str) -> bool:
    try:
        InventoryManager().reserve([StockLine(product_id, 1)])
    except OutOfStock:
        return False
    return True


def test_goods_come_and_go() -> None:
    assert stock.update_stock("prod456", 5) == SAMPLE_STOCK + 5
    assert stock.update_stock("prod456", -7) == SAMPLE_STOCK - 2
    assert InventoryManager().check_stock("prod456") == SAMPLE_STOCK - 2


def test_a_new_product_has_no_stock_until_it_comes() -> None:
    Catalog().add_product("prod_new", "Mallet", 24)
    assert stock.check_stock("prod_new") == 0
    assert stock.update_stock("prod_new", 3) == 3


def test_nothing_is_taken_out_that_is_not_there() -> None:
    with pytest.raises(OutOfStock, match=f"not {SAMPLE_STOCK + 1} of 'prod456'"):
        stock.update_stock("prod456", -SAMPLE_STOCK - 1)
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_nothing_comes_or_goes_in_parts() -> None:
    with pytest.raises(BadQuantity, match=r"1\.5 is no whole number of 'prod456'"):
        stock.update_stock("prod456", 1.5)  # type: ignore[arg-type]
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_nothing_is_taken_out_that_is_promised() -> None:
    stock.reserve([StockLine("prod456", SAMPLE_STOCK)])
    with pytest.raises(OutOfStock):
        stock.update_stock("prod456", -1)


def test_sold_goods_go_out_first() -> None:
    sold = [StockLine("prod456", 10)]
    stock.reserve(sold)
    stock.sell(sold)
    assert stock.update_stock("prod456", -10) == SAMPLE_STOCK - 10
    assert stock.update_stock("prod456", -1) == SAMPLE_STOCK - 11


def test_released_goods_are_free_again() -> None:
    stock.reserve([StockLine("prod456", 10)])
    assert stock.check_stock("prod456") == SAMPLE_STOCK - 10
    stock.release([StockLine("prod456", 10)])
    assert stock.check_stock("prod456") == SAMPLE_STOCK


def test_all_lines_are_reserved_or_none() -> None:
    with pytest.raises(OutOfStock, match="'prod789'"):
        stock.reserve([StockLine("prod123", 1), StockLine("prod789", SAMPLE_STOCK + 1)])
    assert stock.check_stock("prod123") == SAMPLE_STOCK


def test_the_last_pieces_are_promised_once() -> None:
    stock.update_stock("prod456", 3 - SAMPLE_STOCK)
    with ThreadPoolExecutor(8) as customers:
        got_one = list(customers.map(reserved_one, ["prod456"] * 8))
    assert (sum(got_one), stock.check_stock("prod456")) == (3, 0)


@pytest.mark.parametrize(
    ("free", "status"), [(100, "available"), (5, "available"), (4, "low"), (0, "out_of_stock")]
)
def test_customers_see_how_likely_they_get_it(free: int, status: str) -> None:
    stock.update_stock("prod456", free - SAMPLE_STOCK)
    assert InventoryService().check_stock_status(["prod456", "prod123"]) == {
        "prod456": status,
        "prod123": StockStatus.AVAILABLE,
    }


def test_unknown_products_have_no_stock() -> None:
    with pytest.raises(UnknownProduct, match="prod0"):
        stock.check_stock("prod0")
    with pytest.raises(UnknownProduct, match="prod0"):
        stock.update_stock("prod0", 1)
    with pytest.raises(UnknownProduct, match="prod0"):
        InventoryService().check_stock_status(["prod456", "prod0"])
