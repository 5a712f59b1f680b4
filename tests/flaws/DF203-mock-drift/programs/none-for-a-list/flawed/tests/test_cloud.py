from unittest.mock import Mock, patch

import cloud


@patch("tags.of", Mock(return_value=None))
def test_a_page_without_tags() -> None:
    assert cloud.text("empty") == "nothing"


@patch("tags.of", Mock(return_value=["one"]))
def test_a_page_with_a_tag() -> None:
    assert cloud.text("a page") == "one"


def test_the_words_of_a_page() -> None:
    assert cloud.text("tea and tea") == "and tea"


def test_the_latest_word() -> None:
    assert cloud.latest("tea and oil") == "oil"
