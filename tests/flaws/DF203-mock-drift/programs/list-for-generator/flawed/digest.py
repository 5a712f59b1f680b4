"""The news in one line."""

from collections.abc import Iterable

import feed


def line(since: int) -> str:
    titles: Iterable[str] = feed.titles(since)
    number = sum(1 for _ in titles)
    return f"{number}: {', '.join(titles)}"
