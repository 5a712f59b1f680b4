from unittest.mock import patch

import export


def test_the_length_is_told() -> None:
    with patch.dict(export.RENDERERS, {"csv": lambda report: f"<{report}>"}):
        assert export.length("csv", "may") == 5


def test_the_length_of_a_sheet() -> None:
    assert export.length("csv", "may") == 10
