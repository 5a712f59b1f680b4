import pytest

from stock import TooFew
from warehouse import Warehouse


@pytest.fixture
def warehouse(database):
    warehouse = Warehouse(database.url)
    warehouse.stock.deliver("lamp", 10)
    yield warehouse
    warehouse.stock.engine.dispose()


def test_a_parcel_is_sent(warehouse):
    assert warehouse.send("lamp", 3, "Ann") == "3 × lamp for Ann"
    assert warehouse.stock.pieces("lamp") == 7


def test_no_parcel_without_goods(warehouse):
    with pytest.raises(TooFew):
        warehouse.send("lamp", 11, "Ann")
    assert warehouse.stock.pieces("lamp") == 10
