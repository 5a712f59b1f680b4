"""Ends the tasks of an interleaving that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.task_lane import TaskLane
from dryfit.probes.schedule.task_servers import Servers

GRACE = 0.3
"""Seconds in which tasks have to come to their end each time that they are told to."""

TIMES = 3


async def break_off(lanes: Sequence[TaskLane], servers: Servers, loop: GovernedLoop) -> str:
    """Return when all tasks are over, ended as asyncio ends them: by cancelling; says which could not be ended."""
    for lane in lanes:
        lane.is_cut |= not lane.main.done()
        lane.tasks[lane.main] = None
        for handle, task in lane.ready:
            lane.tasks[task] = None
            loop.soon(handle._run)
        lane.ready.clear()
    left = _left(lanes)
    if not left:
        return ""
    servers.cancel()
    for _ in range(TIMES):
        for task in left:
            task.cancel("this interleaving is over")
        await asyncio.wait(left, timeout=GRACE)
        left = _left(lanes)
        if not left:
            return ""
    workers = sorted({lane.worker for lane in lanes if lane.left()})
    return f"; a task of operation {workers[0] + 1} could not be ended"


def _left(lanes: Sequence[TaskLane]) -> list[asyncio.Task[object]]:
    return [task for lane in lanes for task in lane.left()]
