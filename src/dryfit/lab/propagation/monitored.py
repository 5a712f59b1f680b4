"""Hears of exceptions by ``sys.monitoring``, from Python 3.12 on; other tools are not disturbed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from sys import _getframe
from types import CodeType, FrameType
from typing import Any

from dryfit.lab.propagation.log import EventKind, Log
from dryfit.weave.frames import OWN_TOOL

_TOOLS = (4, 3)
"""Numbers that are not reserved for a debugger, for coverage, a profiler or an optimizer."""

_KINDS: dict[str, EventKind] = {
    "RAISE": "raised",
    "RERAISE": "reraised",
    "PY_THROW": "thrown",
    "EXCEPTION_HANDLED": "handled",
    "PY_UNWIND": "unwound",
}


class Monitored:
    """Listens in all threads of this process.

    The events are switched on once, and stay: a generator that is suspended while they are switched would not tell of
    what is thrown into it. As long as nobody is called back, an exception costs some nanoseconds.
    """

    def __init__(self) -> None:
        self._tool = -1

    def prepare(self) -> None:
        """Switch the events on, before the program runs."""
        if sys.version_info >= (3, 12) and self._tool < 0:
            monitoring = sys.monitoring
            self._tool = next((each for each in _TOOLS if monitoring.get_tool(each) is None), -1)
            if self._tool >= 0:
                monitoring.use_tool_id(self._tool, OWN_TOOL)
                monitoring.set_events(self._tool, sum(_number(name) for name in _KINDS))

    def on(self, log: Log) -> bool:
        """Note what happens from now on; whether that can be."""
        for name, kind in _KINDS.items():
            self._call_back(name, _noting(kind, log))
        return self._tool >= 0

    def off(self) -> None:
        """Note nothing any more."""
        for name in _KINDS:
            self._call_back(name, None)

    def _call_back(self, name: str, callback: Callable[[CodeType, int, BaseException], None] | None) -> None:
        if sys.version_info >= (3, 12) and self._tool >= 0:
            sys.monitoring.register_callback(self._tool, _number(name), callback)


def _number(name: str) -> int:
    events: Any = getattr(sys, "monitoring").events  # noqa: B009 - mypy looks at it as Python 3.11 does
    return int(getattr(events, name))


def _noting(kind: EventKind, log: Log) -> Callable[[CodeType, int, BaseException], None]:
    def note(code: CodeType, offset: int, error: BaseException) -> None:
        try:
            number = log.number(error)
            frame: FrameType | None = _getframe(1) if number >= 0 else None
            if frame is not None and frame.f_code is code:  # else it is in one of ours that cannot be seen
                log.note(kind, frame, offset, number)
        except Exception:  # noqa: BLE001 - the user would have it; and at the recursion limit anything raises
            return

    return note
