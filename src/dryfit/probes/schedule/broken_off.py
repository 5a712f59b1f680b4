"""How an operation is ended whose interleaving is over."""

from __future__ import annotations


class BrokenOff(BaseException):
    """Raised inside of an operation where its interleaving has ended before it did; never seen outside of it."""
