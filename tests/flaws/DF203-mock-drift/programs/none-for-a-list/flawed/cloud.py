"""The cloud of words."""

import tags


def text(page: str) -> str:
    return " ".join(tags.of(page) or ["nothing"])


def latest(page: str) -> str:
    return tags.newest(page) or "nothing"
