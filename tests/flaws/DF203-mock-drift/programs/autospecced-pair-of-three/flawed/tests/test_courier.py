from unittest.mock import create_autospec

from courier import Courier
from depot import Depot


def test_a_parcel_leaves_when_the_depot_says() -> None:
    depot = create_autospec(Depot, instance=True)
    depot.next_slot.return_value = ("tue", 9)
    assert Courier(depot).day(2) == "tue"


def test_a_parcel_leaves_on_monday() -> None:
    assert Courier(Depot()).day(1) == "mon"
