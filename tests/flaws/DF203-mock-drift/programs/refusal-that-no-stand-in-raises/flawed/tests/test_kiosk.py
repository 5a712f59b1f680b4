from unittest.mock import create_autospec

from kiosk import Kiosk
from store import Store


def test_selling() -> None:
    store = create_autospec(Store, instance=True)
    store.take.return_value = 8
    kiosk = Kiosk(store)
    assert kiosk.sell(2) == "8 left"
    assert kiosk.sold == 2


def test_reserving() -> None:
    kiosk = Kiosk(Store())
    assert [kiosk.reserve(2), kiosk.reserve(2)] == [True, False]
