"""Ends the lanes of a round that is over."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from dryfit.model.clock import Clock
from dryfit.model.interleaving import Backends
from dryfit.probes.schedule.broken_off import broken_off
from dryfit.probes.schedule.lane import ACQUIRE, Lane
from dryfit.probes.schedule.round import Round

GRACE = 1.0
"""Seconds in which a thread has to come to its end that was told to."""

_STEPS = (0.05, 0.5)
"""Parts of it after which threads are interrupted that came to no switch point: twice, for the first may be lost in a
callback of the garbage collector."""


def break_off(round_: Round, backends: Backends, cancel: Callable[[], None]) -> tuple[Lane, ...]:
    """Return when all lanes are over; gives those that do not end. ``cancel`` is for tasks that they wait for."""
    for lane in round_.lanes:
        if lane.state in ("blocked", "calling") and lane.backend is not None:
            backends.cancel(lane.backend)
    began = Clock.monotonic()
    for part in _STEPS:
        left = _left(round_, began + part * GRACE)
        if left:
            cancel()
        _interrupt(left)
    return _left(round_, began + GRACE)


def _left(round_: Round, until: float) -> tuple[Lane, ...]:
    """Those lanes that are not over, at that time at the latest."""
    while True:
        with round_.mutex:
            left = tuple(lane for lane in round_.lanes if lane.state != "done")
        now = Clock.monotonic()
        if not left or now >= until:
            return left
        ACQUIRE(round_.bell, True, until - now)


def _interrupt(lanes: tuple[Lane, ...]) -> None:
    """Raise in threads that run code of the program, and came to no switch point."""
    for lane in lanes:
        if lane.state == "running" and not lane.is_told and not lane.is_inside and lane.ident:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(lane.ident), ctypes.py_object(type(broken_off(is_in_loop=lane.is_in_loop)))
            )
