from unittest.mock import create_autospec

import pytest
from kiosk import Kiosk
from store import OutOfStock, Store


def test_selling() -> None:
    store = create_autospec(Store, instance=True)
    store.take.return_value = 8
    kiosk = Kiosk(store)
    assert kiosk.sell(2) == "8 left"
    assert kiosk.sold == 2


def test_selling_what_is_not_there() -> None:
    store = create_autospec(Store, instance=True)
    store.take.side_effect = OutOfStock
    kiosk = Kiosk(store)
    with pytest.raises(OutOfStock):
        kiosk.sell(2)
    assert kiosk.sold == 0


def test_reserving() -> None:
    kiosk = Kiosk(Store())
    assert [kiosk.reserve(2), kiosk.reserve(2)] == [True, False]
