from unittest.mock import patch

import greeting
import pytest


@pytest.mark.parametrize(("found", "text"), [({"name": "Eve"}, "Hello Eve"), (None, "Hello")])
def test_visitors_are_greeted(found, text):
    with patch("people.find", return_value=found):
        assert greeting.text("eve") == text


def test_who_is_known():
    assert [greeting.is_known("ada"), greeting.is_known("eve")] == [True, False]
