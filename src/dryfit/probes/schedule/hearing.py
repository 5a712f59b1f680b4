"""Ways to hear of what the components' code is about to do, for as long as that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import CodeType, FrameType
from typing import Any, Protocol

Trace = Callable[..., Any]
Begin = Callable[[FrameType, Trace | None], Trace]
"""Gives the trace function of a frame that begins, beside the one that another tracer has for it."""


class Hearing(Protocol):
    """A way to hear."""

    def put_in(self) -> None:
        """Begin to hear."""

    def take_out(self) -> None:
        """Hear no more."""

    def on(self) -> AbstractContextManager[None]:
        """Hear of what the running thread does within."""


class Traced:
    """Hears by a trace function of the running thread; one that was there before hears of all the same."""

    def __init__(self, is_own: Callable[[CodeType], bool], begin: Begin) -> None:
        self._is_own = is_own
        self._begin = begin

    def put_in(self) -> None:
        """There is nothing to do for all threads."""

    def take_out(self) -> None:
        """There is nothing to do for all threads."""

    @contextmanager
    def on(self) -> Iterator[None]:
        """Hear of what the running thread does within."""
        before = sys.gettrace()
        sys.settrace(self._tracer(before))
        try:
            yield
        finally:
            sys.settrace(before)

    def _tracer(self, before: Any) -> Trace:
        def begins(frame: FrameType, event: str, value: Any) -> Any:
            other = before(frame, event, value) if before is not None else None
            if before is not None:
                sys.settrace(begins)  # it may have put itself in this place
            return self._begin(frame, other) if self._is_own(frame.f_code) else other

        return begins
