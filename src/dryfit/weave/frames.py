"""Hides the frames that stand between two of the user's, so that no look at the stack finds them.

CPython counts a frame as begun from the instruction RESUME on. Code that has none runs as any other, but its frames are
missing from tracebacks, ``sys._getframe``, ``f_back`` and all that is built on them, and nothing in it is instrumented
for ``sys.monitoring``. Tried on CPython 3.11 to 3.14 (3.15 crashes); elsewhere, and on builds with assertions or
without the global lock, the frames stay visible.

A tracer or profiler hears of such a frame only that an exception leaves it (on 3.11 also that it returns), which those
take badly that count; so the frames stay visible too where one is at work.
"""

from __future__ import annotations

import dis
import sys
import threading
from types import CodeType

HIDDEN = 1
"""What ``sys._getframe`` is to be asked for by a hidden frame directly below a hidden trampoline: who called that."""

VISIBLE = 2
"""The same where both are visible."""

OWN_TOOL = "dryfit"
"""By this name dryfit listens to ``sys.monitoring`` itself; that hidden frames are missing there is what it wants."""

_CAN_HIDE = (
    sys.implementation.name == "cpython" and sys.version_info < (3, 15) and not set("dt") & set(sys.abiflags)
)

_RESUME, _NOP, _RETURN = (dis.opmap[name] for name in ("RESUME", "NOP", "RETURN_VALUE"))

_TWO_ON_THE_SAME_LINE = bytes([0x80 | 13 << 3 | 1, 0])
"""An entry of a line table: two instructions, without columns, on the line before (CPython's locations.md)."""


def depth() -> int:
    """Say whether frames are to be ``HIDDEN`` or ``VISIBLE``, as things stand now."""
    return HIDDEN if _CAN_HIDE and not _is_watched() else VISIBLE


def hidden(code: CodeType) -> CodeType:
    """Give code of a plain function whose frames cannot be seen: RESUME stands at its end, where nothing comes to.

    It stands there on the last line of the code, since pdb stops at the line that follows RESUME.
    """
    body = bytearray(code.co_code)
    body[2 * body[::2].index(_RESUME)] = _NOP
    return code.replace(
        co_code=bytes([*body, _RESUME, 0, _RETURN, 0]), co_linetable=code.co_linetable + _TWO_ON_THE_SAME_LINE
    )


def _is_watched() -> bool:
    """Whether a tracer or profiler is at work, in this thread or in those to come."""
    hooks = (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile())
    return any(hook is not None for hook in hooks) or _is_monitored()


def _is_monitored() -> bool:
    if sys.version_info >= (3, 12):
        return any(sys.monitoring.get_tool(tool) not in (None, OWN_TOOL) for tool in range(6))
    return False
