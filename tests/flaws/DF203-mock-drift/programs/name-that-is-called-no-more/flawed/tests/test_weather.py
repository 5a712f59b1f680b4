from unittest.mock import patch

import weather


def test_warm_days() -> None:
    with patch("weather.temperature", return_value=30.0):
        assert weather.advice("Rome") == "shirt"


def test_today() -> None:
    assert weather.advice("Bonn") == "shirt"
