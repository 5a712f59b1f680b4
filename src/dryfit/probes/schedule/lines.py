"""Switch points at lines of the components' code that may touch what is shared."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from linecache import getline
from types import CodeType, FrameType
from typing import Any

from dryfit.model.seam import Place
from dryfit.probes.schedule.accesses import Accesses, Touch
from dryfit.probes.schedule.changes import Changes
from dryfit.probes.schedule.governed import Governor
from dryfit.probes.schedule.hearing import Trace, Traced
from dryfit.probes.schedule.lane import Deed


class Lines:
    """Has the threads of operations stop at such lines; ``is_own`` says of a file whether it is the components'.

    ``changes`` tells whether any line that has run changes what is in memory.
    """

    def __init__(
        self, governor: Governor, place: Callable[[FrameType], Place | None], is_own: Callable[[str], bool]
    ) -> None:
        self._governor = governor
        self._place = place
        self._is_own = is_own
        self._accesses = Accesses(is_own)
        self._touches: dict[CodeType, dict[int, Touch]] = {}
        self.changes = Changes()

    def is_own(self, code: CodeType) -> bool:
        """Whether a code object is the components', and not that of a module, which is imported but once."""
        return code.co_name != "<module>" and self._is_own(code.co_filename)

    def reached(self, frame: FrameType, line: int) -> None:
        """A frame of the components' code is about to run a line."""
        here = self._governor.here()
        if here is None or here[1].is_calling or here[1].is_in_loop:
            return  # in an event loop others could hardly go on
        with self._governor.ungoverned(here):
            self.changes.reached(frame, line)
            touch = self._touch(frame, line)
        round_, lane = here
        if round_.ending is not None and not lane.is_told:
            round_.tell_of_end(lane)  # one that never stops elsewhere is hardly ever met in its own code
        if touch is None or round_.ending is not None:
            return
        if not touch.is_shared:
            round_.record.touch(touch.footprint)
            return
        text = getline(frame.f_code.co_filename, line).strip()
        round_.park(lane, Deed("line", text, self._place(frame), touch.footprint))

    def _touch(self, frame: FrameType, line: int) -> Touch | None:
        code = frame.f_code
        if code not in self._touches:
            self._touches[code] = self._accesses.of(code, frame)
        return self._touches[code].get(line)


def traced(lines: Lines) -> Traced:
    """Hear of lines by trace functions of the operations' threads."""
    return Traced(lines.is_own, partial(_local, lines))


def _local(lines: Lines, frame: FrameType, other: Any | None) -> Trace:
    frame.f_trace_lines = True  # coverage, for one, wants none of the files that it leaves out

    def goes_on(frame: FrameType, event: str, value: Any) -> Trace:
        nonlocal other
        if other is not None:
            other = other(frame, event, value)
        if event == "line":
            lines.reached(frame, frame.f_lineno)
            # What others did to variables of closures meanwhile: CPython 3.11 writes back what it read before the call.
            frame.f_locals  # noqa: B018 - reading it reads them again
        return goes_on

    return goes_on
