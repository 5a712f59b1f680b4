"""Pages of a text, as the printer wants them."""

LINES = 60


class Empty(Exception):
    """There is nothing to be printed."""


def of(text):
    lines = text.splitlines()
    if not lines:
        raise Empty("there is nothing to be printed")
    return [lines[start : start + LINES] for start in range(0, len(lines), LINES)]
