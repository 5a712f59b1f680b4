from unittest.mock import patch

import trips


def test_the_north() -> None:
    with patch("geo.locate", return_value=(59.3, 18.1, 28.0)):
        assert trips.is_northern("Stockholm")


def test_the_south() -> None:
    with patch("geo.locate", return_value=(-34, 18, 10)):
        assert not trips.is_northern("Cape Town")


def test_the_mountains() -> None:
    assert trips.is_northern("Zermatt")
