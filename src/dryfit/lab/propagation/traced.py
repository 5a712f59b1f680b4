"""Hears of exceptions by a trace function, where there is no ``sys.monitoring``: on Python 3.11.

A trace function is told of an exception in every frame that it comes into, but not of handlers, nor of what is raised
again by a ``finally``. A handler has begun where a line begins that stands at the beginning of one in the code's table.
"""

from __future__ import annotations

import dis
import sys
import threading
from functools import lru_cache
from sys import _getframe
from types import CodeType, FrameType
from typing import Any

from dryfit.lab.propagation.handlers import targets
from dryfit.lab.propagation.log import Log, is_ours
from dryfit.probes.statics import identity

_PUSHED = 2
"""So many bytes takes the instruction without a line with which a handler begins."""

_SUSPENDED = frozenset({"YIELD_VALUE", "RESUME"})

_ENDS = _SUSPENDED | {"RETURN_VALUE", "RETURN_GENERATOR"}
"""A frame that stops at another instruction is left by an exception."""

_CODES = 1024


class _Own(threading.local):
    """What each thread has for itself: frames that an exception has just left, with the last one that came there.

    ``is_paused`` says that it does not listen for a while.
    """

    def __init__(self) -> None:
        self.leaving: list[tuple[FrameType, int]] = []
        self.is_paused = False

    def taken(self) -> list[tuple[FrameType, int]]:
        """These frames, once."""
        leaving, self.leaving = self.leaving, []
        return leaving


class Traced:
    """Listens in the thread in which the fault happens, and in those that are started from then on.

    A trace function that is there already is left alone: then nothing is known.
    """

    def __init__(self) -> None:
        self._log: Log | None = None
        self._trace, self._trace_locally = self._begun, self._went_on
        self._flying: dict[int, int] = {}
        self._own = _Own()

    @property
    def traces_here(self) -> bool:
        """Whether it listens in this thread, or will again."""
        return self._own.is_paused or sys.gettrace() == self._trace

    def prepare(self) -> None:
        """Nothing has to be done before."""

    def on(self, log: Log) -> bool:
        """Note what happens from now on; whether that can be."""
        if sys.gettrace() is not None:
            return False
        self._log = log
        self._flying, self._own = {}, _Own()
        for frame in _outwards():
            frame.f_trace, frame.f_trace_lines = self._trace_locally, False
        if threading.gettrace() is None:
            threading.settrace(self._trace)
        sys.settrace(self._trace)
        return True

    def off(self) -> None:
        """Note nothing any more; other threads find that out by themselves."""
        self._log = None
        self._own.taken()
        if threading.gettrace() == self._trace:
            threading.settrace(None)
        if self.traces_here:
            sys.settrace(None)
        for frame in _outwards():
            if frame.f_trace == self._trace_locally:
                frame.f_trace, frame.f_trace_lines = None, True

    def pause(self) -> None:
        """Listen to nothing in this thread until ``resume``: what runs there is no part of the program."""
        if self._log is not None and sys.gettrace() == self._trace:
            sys.settrace(None)
            self._nobody_took_it()
            self._own.is_paused = True

    def resume(self) -> None:
        """Go on where it was paused, and is not over meanwhile."""
        if self._own.is_paused:
            self._own.is_paused = False
            if self._log is not None:
                sys.settrace(self._trace)

    def _begun(self, frame: FrameType, event: str, given: Any) -> Any:
        """A frame begins, or goes on."""
        if self._log is None:
            sys.settrace(None)
            return None
        if is_ours(frame.f_code):
            return None
        if self._own.leaving:
            self._nobody_took_it()
        frame.f_trace_lines = bool(self._flying) and identity(frame) in self._flying
        return self._trace_locally

    def _went_on(self, frame: FrameType, event: str, given: Any) -> Any:
        log = self._log
        if log is None:
            return None
        try:
            if event == "exception":
                self._raised(log, frame, given[1])
            elif event == "line":
                self._came_to(log, frame)
            elif event == "return":
                self._stopped(frame)
        except Exception:  # noqa: BLE001 - the user is not to have it; the recursion limit may come here, too
            self._log = None
        if self._log is not None:
            return self._trace_locally
        successor = frame.f_trace  # a debugger that has taken over
        return successor(frame, event, given) if successor not in (None, self._trace_locally) else None

    def _raised(self, log: Log, frame: FrameType, error: BaseException) -> None:
        number = log.number(error)
        for left, last in self._own.taken():
            log.note("unwound", left, left.f_lasti, number if number >= 0 else last)
        if number >= 0:
            frame.f_trace_lines = True
            self._flying[identity(frame)] = number
            log.note("thrown" if _is_suspended(frame) else "raised", frame, frame.f_lasti, number)

    def _came_to(self, log: Log, frame: FrameType) -> None:
        self._nobody_took_it()
        begins = targets(frame.f_code)
        if frame.f_lasti in begins or frame.f_lasti - _PUSHED in begins:
            number = self._flying.get(identity(frame), -1)
            if number >= 0:
                log.note("handled", frame, frame.f_lasti, number)

    def _stopped(self, frame: FrameType) -> None:
        if self._own.leaving:
            self._nobody_took_it()
        number = self._flying.get(identity(frame), -1) if self._flying else -1
        if number >= 0:
            last = _instructions(frame.f_code).get(frame.f_lasti)
            if last not in _ENDS:
                self._own.leaving.append((frame, number))
            if last not in _SUSPENDED:
                del self._flying[identity(frame)]

    def _nobody_took_it(self) -> None:
        """What left a frame came into none that is traced: whoever called it is written in C, and keeps it."""
        for frame, number in self._own.taken():
            if self._log is not None:
                self._log.note("unwound", frame, frame.f_lasti, number)


def _outwards() -> list[FrameType]:
    """The frames of this thread but for ours."""
    found = []
    frame: FrameType | None = _getframe(1)
    while frame is not None:
        if not is_ours(frame.f_code):
            found.append(frame)
        frame = frame.f_back
    return found


def _is_suspended(frame: FrameType) -> bool:
    """Whether it is a generator's, to which an exception comes from outside."""
    return _instructions(frame.f_code).get(frame.f_lasti) in _SUSPENDED


@lru_cache(_CODES)
def _instructions(code: CodeType) -> dict[int, str]:
    return {each.offset: each.opname for each in dis.get_instructions(code)}
