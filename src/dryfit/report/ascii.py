"""Text for an output that knows only some characters."""

from __future__ import annotations

import re

_STAND_FOR = str.maketrans(
    {
        "→": "->",
        "…": "...",
        "·": "-",
        "×": "x",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "█": "#",
        "▒": "=",
        "░": ".",
        "├": "|",
        "└": "`",
        "│": "|",
        "─": "-",
    }
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PROBE = "→…·×█▒░├└│─"


def knows_signs(encoding: str) -> bool:
    """Whether the signs that reports are drawn with can be written in an encoding."""
    try:
        _PROBE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def fit(text: str, encoding: str) -> str:
    """The text as one line that the encoding can hold; what it cannot becomes ASCII: our own signs look alike.

    Control characters become spaces: a user's text must not steer the terminal.
    """
    text = _CONTROL.sub(" ", text)
    if knows_signs(encoding):
        return text.encode(encoding, "replace").decode(encoding)
    return text.translate(_STAND_FOR).encode("ascii", "replace").decode()
