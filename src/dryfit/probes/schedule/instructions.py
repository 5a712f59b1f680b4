"""Hears of the components' code instruction by instruction, for as long as that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import CodeType, FrameType
from typing import Any

from dryfit.probes.schedule.hearing import Hearing, Trace, Traced

Hear = Callable[[FrameType, int], None]
"""Told of an instruction that is about to run: its frame, and its offset."""

_NAME = "dryfit-instructions"
_TOOLS = (4, 3, 5, 2)
"""Those that no debugger and no coverage tool claims come first."""


def _local(hear: Hear, frame: FrameType, other: Any | None) -> Trace:
    frame.f_trace_opcodes = True

    def goes_on(frame: FrameType, event: str, value: Any) -> Trace:
        nonlocal other
        if event == "opcode":
            hear(frame, frame.f_lasti)
        elif other is not None:
            other = other(frame, event, value)
        return goes_on

    return goes_on


if sys.version_info >= (3, 12):
    _monitoring = sys.monitoring
    _EVENTS = _monitoring.events

    class Monitored:
        """Hears by ``sys.monitoring``, which Python has from 3.12 on; nothing where all of its tool ids are in use."""

        def __init__(self, is_own: Callable[[CodeType], bool], hear: Hear) -> None:
            self._is_own = is_own
            self._hear = hear
            self._tool = -1
            self._codes: set[CodeType] = set()

        @contextmanager
        def on(self) -> Iterator[None]:
            """There is nothing to do for a single thread."""
            yield

        def put_in(self) -> None:
            """Take a free tool id, and begin to hear."""
            self._tool = next((each for each in _TOOLS if _monitoring.get_tool(each) is None), -1)
            if self._tool < 0:
                return
            _monitoring.use_tool_id(self._tool, _NAME)
            for event in (_EVENTS.PY_START, _EVENTS.PY_RESUME):
                _monitoring.register_callback(self._tool, event, self._began)
            _monitoring.register_callback(self._tool, _EVENTS.INSTRUCTION, self._reached)
            _monitoring.set_events(self._tool, _EVENTS.PY_START | _EVENTS.PY_RESUME)
            _monitoring.restart_events()

        def take_out(self) -> None:
            """Give the tool id back."""
            if self._tool < 0:
                return
            _monitoring.set_events(self._tool, _EVENTS.NO_EVENTS)
            for code in self._codes:
                _monitoring.set_local_events(self._tool, code, _EVENTS.NO_EVENTS)
            self._codes.clear()
            for event in (_EVENTS.PY_START, _EVENTS.PY_RESUME, _EVENTS.INSTRUCTION):
                _monitoring.register_callback(self._tool, event, None)
            _monitoring.free_tool_id(self._tool)

        def _began(self, code: CodeType, offset: int) -> object:
            if self._is_own(code):
                self._codes.add(code)
                _monitoring.set_local_events(self._tool, code, _EVENTS.INSTRUCTION)
            return _monitoring.DISABLE

        def _reached(self, code: CodeType, offset: int) -> object:
            self._hear(sys._getframe(1), offset)
            return None


def hearing(is_own: Callable[[CodeType], bool], hear: Hear) -> Hearing:
    """The way to hear that this Python has."""
    if sys.version_info >= (3, 12):
        return Monitored(is_own, hear)
    return Traced(is_own, partial(_local, hear))
