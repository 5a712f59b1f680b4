from unittest.mock import patch

import desk


def test_a_label() -> None:
    with patch("parcels.cost", return_value="5,00"):
        assert desk.label(300) == "300 g, 5,00 EUR"
