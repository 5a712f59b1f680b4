from datetime import datetime
from unittest.mock import patch

import diary


def test_an_entry_has_a_time() -> None:
    with patch("clock.now", return_value=datetime(2026, 5, 4, 12, 30)):
        assert diary.entry("planed") == "2026-05-04T12:30 planed"


def test_an_entry_has_its_text() -> None:
    assert diary.entry("sawed").endswith(" sawed")
