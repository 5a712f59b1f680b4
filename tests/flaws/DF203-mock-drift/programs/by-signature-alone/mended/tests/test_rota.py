from unittest.mock import patch

import rota


def test_somebody_is_called_out():
    with patch("paging.page", return_value="ann: fire"):
        assert rota.call_out("ann", "fire") == "ann: fire"


def test_somebody_is_paged():
    assert rota.call_out("ann", "fire") == "ann: fire"
