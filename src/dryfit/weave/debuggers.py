"""Keeps debuggers that are built on ``bdb`` in the user's code: they neither stop in dryfit's frames nor show them."""

from __future__ import annotations

import bdb
from pathlib import Path
from types import FrameType
from typing import Any

from dryfit.model.crossing import Callee
from dryfit.weave.loop import Woven
from dryfit.weave.trampoline import FILE_MARK, own_file
from dryfit.weave.weaver import Weaver

_OWN_ROOMS = tuple(str(Path(__file__).resolve().parents[1] / room) for room in ("weave", "probes", "model"))


def weave_debuggers(weaver: Weaver) -> None:
    """Weave what ``bdb.Bdb`` asks about a frame or a file."""
    for function, cross in (
        (bdb.Bdb.canonic, _canonic),
        (bdb.Bdb.stop_here, _stop_here),
        (bdb.Bdb._set_stopinfo, _set_stop),  # type: ignore[attr-defined]  # the way of every stop that is asked for
        (bdb.Bdb.break_here, _break),
        (bdb.Bdb.break_anywhere, _break),
        (bdb.Bdb.get_stack, _get_stack),
    ):
        weaver.weave(function, Callee("<debugger>", function.__qualname__, ("self",)), cross=cross)


def _canonic(woven: Woven, values: tuple[Any, ...]) -> Any:
    """A breakpoint that is named by a function belongs into the file that its trampoline stands for."""
    debugger, file = values
    return woven.function(debugger, own_file(file))


def _stop_here(woven: Woven, values: tuple[Any, ...]) -> Any:
    """Step through one of our frames, and on into the user's below or above it."""
    debugger, frame = values
    stop = woven.function(debugger, frame)
    if (stop or _user_frame(frame) is debugger.stopframe) and _is_ours(frame):
        # On the way out, as `Bdb.set_step` does it.
        if frame.f_trace is not None and frame.f_back is not None:
            frame.f_back.f_trace = debugger.trace_dispatch
        return False
    return stop


def _set_stop(woven: Woven, values: tuple[Any, ...]) -> Any:
    """Who returns into one of our frames stops in the user's above it."""
    debugger, stop, *rest = values
    return woven.function(debugger, _user_frame(stop), *rest)


def _break(woven: Woven, values: tuple[Any, ...]) -> Any:
    return False if _is_ours(values[1]) else woven.function(*values)


def _get_stack(woven: Woven, values: tuple[Any, ...]) -> Any:
    """Leave our frames out of the stack, and keep the selected one selected."""
    stack, selected = woven.function(*values)
    kept = [place for place, (frame, _) in enumerate(stack) if not _is_ours(frame)]
    return [stack[place] for place in kept], max(0, sum(place <= selected for place in kept) - 1)


def _user_frame(frame: FrameType | None) -> FrameType | None:
    """The frame itself, or the first above it that is not ours."""
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType | None) -> bool:
    """Whether a frame is a trampoline's, the loop's, or one of those that the loop and the probes call."""
    if frame is not None and _is_marked(frame.f_code.co_filename):
        return True
    while frame is not None and not _is_marked(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(_OWN_ROOMS):
            return True
        frame = frame.f_back
    return False


def _is_marked(file: str) -> bool:
    return file.startswith(FILE_MARK)
