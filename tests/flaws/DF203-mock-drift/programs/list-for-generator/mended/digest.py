"""The news in one line."""

import feed


def line(since: int) -> str:
    titles = list(feed.titles(since))
    return f"{len(titles)}: {', '.join(titles)}"
