"""Sees to it that an interleaving ends within its limit, even where the event loop's thread does not come back."""

from __future__ import annotations

import ctypes
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable
from typing import Protocol

from dryfit.model.clock import Clock
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.lane import ACQUIRE, RELEASE

GRACE = 0.1
"""Seconds in which an event loop has to hear that time is up, before the step that holds it is interrupted."""


class Watched(Protocol):
    """An interleaving that is being made."""

    begun: float
    thread: int
    is_over: bool
    is_stepping: bool
    is_interrupted: bool

    def call_late(self) -> None:
        """Have the event loop know that time is up."""


class Watchdog:
    """One thread for all interleavings of an exploration, which costs them nothing as long as they are in time.

    ``known`` is told the thread's number.
    """

    def __init__(self, limit: float, known: Callable[[int], None]) -> None:
        self._known = known
        self._limit = limit
        self._watched: Watched | None = None
        self._told: Watched | None = None
        self._closed = allocate_lock()
        ACQUIRE(self._closed)
        self._is_on = False

    def begin(self, watched: Watched) -> None:
        """An interleaving begins."""
        watched.begun, watched.thread = Clock.monotonic(), get_ident()
        self._watched = watched
        if not self._is_on:
            self._is_on = True
            self._known(start_new_thread(self._watch, ()))

    def over(self) -> None:
        """It is over."""
        self._watched = None

    def close(self) -> None:
        """End the thread."""
        if self._is_on:
            RELEASE(self._closed)

    def _watch(self) -> None:
        pause = self._limit
        while not ACQUIRE(self._closed, True, max(pause, 0.001)):
            pause = self._look()

    def _look(self) -> float:
        """Seconds until the next look."""
        watched = self._watched
        if watched is None:
            return self._limit
        left = watched.begun + self._limit - Clock.monotonic()
        if left > 0:
            return left
        if watched is not self._told:
            self._told = watched
            watched.call_late()
        elif watched.is_stepping:
            watched.is_interrupted = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(watched.thread), ctypes.py_object(BrokenOff)
            )
        return GRACE
