from unittest.mock import patch

import importer
import stock


def test_the_new_sheets_with_a_unit_are_loaded() -> None:
    with patch("stock.add") as add:
        assert importer.load(["tea,3,kg", "oil,2,l"]) == 2
    assert add.call_count == 2


def test_a_delivery_is_on_the_shelves() -> None:
    assert importer.load(["rice,3"]) == 1
    assert stock.add("rice", "0") == 3
