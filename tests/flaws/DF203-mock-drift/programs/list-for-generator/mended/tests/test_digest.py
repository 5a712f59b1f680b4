from unittest.mock import patch

import digest


def test_the_news_in_one_line() -> None:
    with patch("feed.titles", side_effect=lambda since: (title for title in ["snow", "fog"])):
        assert digest.line(0) == "2: snow, fog"


def test_news_are_counted() -> None:
    assert digest.line(1).startswith("1: ")
