"""Why an interleaving did not complete, for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from dryfit.model.interleaving import Backend
from dryfit.model.seam import Place
from dryfit.probes.schedule.lane import LOOP, Lane

Placed = Callable[[FrameType], Place | None]

_HEARING = frozenset(
    str(Path(__file__).with_name(f"{each}.py"))
    for each in ("hearing", "lines", "monitored", "instructions", "narrator")
)
"""Modules whose code runs where a line of the program is about to."""


def said_of_circle(lanes: Sequence[Lane]) -> str:
    """Who waits for whom in a deadlock."""
    following = (*lanes[1:], lanes[0])
    return "; ".join(
        f"operation {lane.worker + 1} waits for operation {other.worker + 1} ({_waited_for(lane)})"
        for lane, other in zip(lanes, following, strict=True)
    )


def said_of_stuck(lanes: Iterable[Lane], held: Mapping[Backend, Lane]) -> str:
    """What those wait for that nobody can help."""
    return "; ".join(_said(lane, held) for lane in lanes if lane.state in ("blocked", "waiting"))


def said_of_endless(lanes: Iterable[Lane]) -> str:
    """Who asks again and again for what nobody is left to do."""
    return "; ".join(
        f"operation {lane.worker + 1} pauses for ever ({_at(lane.deed.what, lane.deed.place)})"
        for lane in lanes
    )


def said_of_late(lanes: Iterable[Lane], limit: float, placed: Placed) -> str:
    """What those do that have not come to an end in time; ``placed`` tells where components' frames stand."""
    frames = sys._current_frames()
    doing = "; ".join(
        _doing(lane, frames.get(lane.ident), placed)
        for lane in lanes
        if lane.state in ("running", "calling") or (lane.wait is not None and lane.wait.until)
    )
    return f"not over within {limit:g} s: {doing or 'no operation stood still'}"


def _said(lane: Lane, held: Mapping[Backend, Lane]) -> str:
    whole = f"operation {lane.worker + 1} waits ({_waited_for(lane)})"
    if lane.state == "waiting":
        return f"{whole}, and no operation is left that could end that"
    strangers = [each for each in lane.by if each not in held]
    if strangers:
        numbers = ", ".join(f"{each.number} of {each.server}" for each in strangers)
        return f"{whole} for none of the operations, but for the server's process {numbers}"
    others = ", ".join(f"operation {held[each].worker + 1}" for each in lane.by)
    return f"{whole} for {others}, which is over and has left its transaction open"


def _waited_for(lane: Lane) -> str:
    if lane.state == "waiting" and lane.wait is not None:
        return _at(lane.wait.what, lane.wait.place)
    if lane.state == "parked":
        return _at(LOOP, lane.deed.place)
    return _at(lane.call.what, lane.call.place)


def _at(what: str, place: object) -> str:
    return f"{what} at {place}" if place is not None else what


def _doing(lane: Lane, frame: FrameType | None, placed: Placed) -> str:
    if lane.state == "calling":
        return f"operation {lane.worker + 1} is in a call of its driver that does not come back ({_waited_for(lane)})"
    if lane.state == "waiting":
        return f"operation {lane.worker + 1} waits for an answer from outside ({_waited_for(lane)})"
    where = _standing(frame, placed) if frame is not None else "nowhere"
    return f"operation {lane.worker + 1} came to no switch point ({where})"


def _standing(frame: FrameType, placed: Placed) -> str:
    """The line of the components' code that led to a frame, else the innermost one of the program's."""
    outward = list(_outward(frame))
    heard = [number for number, each in enumerate(outward) if each.f_code.co_filename in _HEARING]
    outward = outward[heard[-1] + 1 if heard else 0 :] or [frame]
    for each in outward:
        if (place := placed(each)) is not None:
            return f"{place} in {each.f_code.co_qualname}"
    code = outward[0].f_code
    return f"{code.co_filename}:{outward[0].f_lineno} in {code.co_qualname}"


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
