"""Breaks a text into the lines of a page."""

import textwrap

WIDTH = 20


class TooWide(Exception):
    """A word does not fit on a line."""


def page(text):
    widest = max(text.split(), key=len, default="")
    if len(widest) > WIDTH:
        raise TooWide(f"{widest!r} does not fit on a line")
    return textwrap.wrap(text, WIDTH)
