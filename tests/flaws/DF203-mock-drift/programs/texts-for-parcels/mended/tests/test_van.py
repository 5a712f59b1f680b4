from unittest.mock import patch

import van


class Weighed:
    def __init__(self, grams: int) -> None:
        self.grams = grams


def test_how_many_there_are() -> None:
    with patch("depot.parcels", return_value=[Weighed(200), Weighed(900)]):
        assert van.crates("Lyon") == "2 parcels"


def test_the_heaviest_one() -> None:
    with patch("depot.parcels", return_value=[Weighed(200), Weighed(900)]):
        assert van.heaviest("Lyon") == 900


def test_what_is_there() -> None:
    assert van.heaviest("Lyon") == 300
    assert van.crates("Lyon") == "1 parcels"


def test_what_was_forgotten() -> None:
    with patch("depot.shelf", return_value=[Weighed(200)]):
        assert van.forgotten() == 200


def test_what_lies_on_the_shelf() -> None:
    assert van.forgotten() == 900
