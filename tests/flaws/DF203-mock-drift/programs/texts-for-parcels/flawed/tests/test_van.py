from unittest.mock import patch

import van


def test_how_many_there_are() -> None:
    with patch("depot.parcels", return_value=["small", "large"]):
        assert van.crates("Lyon") == "2 parcels"
