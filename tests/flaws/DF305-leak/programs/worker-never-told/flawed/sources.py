"""Texts by name."""

TEXTS = {"intro": "welcome", "end": "goodbye"}


class NoSuchText(Exception):
    """There is no text of this name."""


def read(name):
    if name not in TEXTS:
        raise NoSuchText(f"there is no text {name!r}")
    return TEXTS[name]
