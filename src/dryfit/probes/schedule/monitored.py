"""Hears of lines by ``sys.monitoring``, which Python has from 3.12 on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

from dryfit.probes.schedule.lines import Lines

_NAME = "dryfit-lines"
_TOOLS = (4, 3, 5, 2)
"""Those that no debugger and no coverage tool claims come first."""

if sys.version_info >= (3, 12):
    _monitoring = sys.monitoring

    class Monitored:
        """Hears of lines under a tool id of its own; of code that is not the components' once, and never again."""

        def __init__(self, lines: Lines) -> None:
            self._lines = lines
            self._tool = -1

        def put_in(self) -> None:
            """Take a free tool id; raises ``RuntimeError`` where there is none."""
            self._tool = next((each for each in _TOOLS if _monitoring.get_tool(each) is None), -1)
            if self._tool < 0:
                raise RuntimeError(
                    "switch points at lines need one of sys.monitoring's tool ids; all are in use"
                )
            _monitoring.use_tool_id(self._tool, _NAME)
            _monitoring.register_callback(self._tool, _monitoring.events.LINE, self._line)
            _monitoring.set_events(self._tool, _monitoring.events.LINE)

        def take_out(self) -> None:
            """Give the tool id back."""
            _monitoring.set_events(self._tool, _monitoring.events.NO_EVENTS)
            _monitoring.register_callback(self._tool, _monitoring.events.LINE, None)
            _monitoring.free_tool_id(self._tool)

        @contextmanager
        def on(self) -> Iterator[None]:
            """There is nothing to do for a single thread."""
            yield

        def _line(self, code: CodeType, line: int) -> object:
            if not self._lines.is_own(code):
                return _monitoring.DISABLE
            self._lines.reached(sys._getframe(1), line)
            return None
