"""News as they come in."""

from collections.abc import Iterator

_NEWS = ["rain", "sun"]


def titles(since: int) -> Iterator[str]:
    for number, title in enumerate(_NEWS):
        if number >= since:
            yield title
