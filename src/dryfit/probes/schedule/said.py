"""Why an interleaving did not complete, for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import FrameType

from dryfit.model.interleaving import Backend
from dryfit.probes.schedule.lane import LOOP, Lane


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


def said_of_late(lanes: Iterable[Lane], limit: float) -> str:
    """What those do that have not come to an end in time."""
    frames = sys._current_frames()
    doing = "; ".join(
        _doing(lane, frames.get(lane.ident))
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


def _doing(lane: Lane, frame: FrameType | None) -> str:
    if lane.state == "calling":
        return f"operation {lane.worker + 1} is in a call of its driver that does not come back ({_waited_for(lane)})"
    if lane.state == "waiting":
        return f"operation {lane.worker + 1} waits for an answer from outside ({_waited_for(lane)})"
    where = (
        f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}" if frame else "nowhere"
    )
    return f"operation {lane.worker + 1} came to no switch point ({where})"
