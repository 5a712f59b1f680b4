import pytest

from bins import TooFew
from warehouse import Warehouse


def test_pieces_are_carried_to_and_fro():
    warehouse = Warehouse(A=10, B=10)
    assert warehouse.carry("A", "B", 4) == "4 carried from A to B"
    assert warehouse.carry("B", "A", 1) == "1 carried from B to A"
    assert warehouse.stock() == {"A": 7, "B": 13}


def test_nothing_is_carried_that_is_not_there():
    warehouse = Warehouse(A=2, B=0)
    with pytest.raises(TooFew):
        warehouse.carry("A", "B", 3)
    assert warehouse.stock() == {"A": 2, "B": 0}
