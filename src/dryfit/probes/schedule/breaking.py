"""Ends the lanes of a round that is over."""

from __future__ import annotations

import ctypes
import time

from dryfit.model.interleaving import Backends
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.lane import ACQUIRE, Lane
from dryfit.probes.schedule.round import Round

GRACE = 1.0
"""Seconds in which a thread has to come to its end that was told to."""

_PAUSE = 0.005


def break_off(round_: Round, backends: Backends) -> tuple[Lane, ...]:
    """Return when all lanes are over; gives those that do not end."""
    for lane in round_.lanes:
        if lane.state in ("blocked", "calling") and lane.backend is not None:
            backends.cancel(lane.backend)
    until = time.monotonic() + GRACE
    if _left(round_):
        ACQUIRE(round_.bell, True, _PAUSE)
    _interrupt(_left(round_))
    while (left := _left(round_)) and time.monotonic() < until:
        ACQUIRE(round_.bell, True, _PAUSE)
    return left


def _left(round_: Round) -> tuple[Lane, ...]:
    with round_.mutex:
        return tuple(lane for lane in round_.lanes if lane.state != "done")


def _interrupt(lanes: tuple[Lane, ...]) -> None:
    """Raise in threads that run code of the program, and came to no switch point."""
    for lane in lanes:
        if lane.state == "running" and not lane.is_told and not lane.is_inside and lane.ident:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(lane.ident), ctypes.py_object(BrokenOff)
            )
