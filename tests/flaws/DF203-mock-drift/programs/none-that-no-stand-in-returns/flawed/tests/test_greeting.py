from unittest.mock import patch

import greeting


def test_visitors_are_greeted():
    with patch("people.find", return_value={"name": "Eve"}):
        assert greeting.text("eve") == "Hello Eve"


def test_who_is_known():
    assert [greeting.is_known("ada"), greeting.is_known("eve")] == [True, False]
