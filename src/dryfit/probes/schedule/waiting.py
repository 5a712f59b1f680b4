"""Who waits for whom among tasks: in servers, and for asyncio's own locks, events and queues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from dryfit.model.interleaving import Step
from dryfit.model.seam import Place
from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.graph import circle
from dryfit.probes.schedule.outsiders import Outsiders
from dryfit.probes.schedule.owners import Owners
from dryfit.probes.schedule.strangers import Strangers
from dryfit.probes.schedule.task_lane import TaskLane
from dryfit.probes.schedule.task_servers import Servers
from dryfit.probes.schedule.task_waits import Origin, Stand, awaited, origin, stand, waited_for


class Waiting:
    """Says what the operations of one interleaving wait for."""

    def __init__(
        self,
        loop: GovernedLoop,
        owners: Owners,
        lanes: Sequence[TaskLane],
        servers: Servers,
        place: Callable[[FrameType], Place | None],
        outsiders: Outsiders,
        strangers: Strangers,
    ) -> None:
        self._outsiders = outsiders
        self._strangers = strangers
        self._loop = loop
        self._owners = owners
        self._lanes = lanes
        self._servers = servers
        self._place = place

    def is_out(self, lane: TaskLane) -> bool:
        """Whether what the operation waits for comes from outside of the program: it has to be waited for."""
        return any(
            self._origin(future, task) == "outside" for task in self._tasks(lane) for future in awaited(task)
        )

    def blocked(self, lane: TaskLane) -> Step | None:
        """The step of an operation that can do nothing by itself; none where it is in a server, which is told there."""
        at = self._stand(lane)
        if at is None:
            return None
        holder = self._holder(at)
        return Step(lane.worker, "blocked", at.what, at.place, () if holder is None else (holder.worker,))

    def circle(self) -> tuple[TaskLane, ...]:
        """Operations of which each waits for the next, while nothing that any of them waits for can happen."""
        waits = {lane: tuple(self._waits_for(lane)) for lane in self._lanes if _is_stuck(lane)}
        while loose := [lane for lane, others in waits.items() if not _all_in(waits, others)]:
            for lane in loose:
                del waits[lane]
        return circle({lane: [other for other in others if other in waits] for lane, others in waits.items()})

    def is_short(self, lanes: Sequence[TaskLane]) -> bool:
        """Whether operations in a circle want one and the same thing, and nobody can tell who has it: as of a pool."""
        stuck = [task for lane in lanes if not lane.calls and (task := self._innermost(lane)) is not None]
        are_held = any(self._holder(stand(task, self._place)) is not None for task in stuck)
        if are_held or len(stuck) < max(len(lanes), 2):
            return False
        wanted = [{id(each) for each in waited_for(task, self._place)} for task in stuck]
        return bool(wanted[0].intersection(*wanted[1:]))

    def _waits_for(self, lane: TaskLane) -> Iterator[TaskLane | None]:
        """Who would have to go on; ``None`` for somebody who is no operation, or something that may happen outside."""
        for call in lane.calls:
            yield from (self._servers.held.get(each) for each in call.by or ())
        for task in self._tasks(lane):
            at = stand(task, self._place)
            holder = self._holder(at)
            if holder is not None:
                yield holder
            else:
                yield from self._completers(lane, task)

    def _completers(self, lane: TaskLane, task: asyncio.Task[Any]) -> Iterator[TaskLane | None]:
        others = [other for other in self._lanes if other is not lane and not other.is_over]
        for future in awaited(task):
            owner = self._owner(future)
            if owner is not None:
                yield from (owner,) if owner is not lane else ()
            elif not isinstance(future, asyncio.tasks._GatheringFuture):  # type: ignore[attr-defined]
                yield from others
                if (self._origin(future, task) == "open" and self.hears()) or not self.are_strangers_idle():
                    yield None

    def _origin(self, future: asyncio.Future[Any], task: asyncio.Task[Any]) -> Origin:
        if self._owner(future) is not None:
            return "inside"
        if isinstance(future, asyncio.tasks._GatheringFuture):  # type: ignore[attr-defined]
            return "inside"
        return origin(self._loop.made.get(future, ""), task)

    def _owner(self, future: asyncio.Future[Any]) -> TaskLane | None:
        return next((lane for lane in self._lanes if future in lane.tasks), None)

    def _holder(self, at: Stand) -> TaskLane | None:
        worker = self._owners.of.get(at.lock, -1) if at.lock is not None else -1
        return self._lanes[worker] if worker >= 0 else None

    def _tasks(self, lane: TaskLane) -> list[asyncio.Task[Any]]:
        """Its tasks that are not over, and not in a driver's call."""
        calling = {call.task for call in lane.calls}
        return [task for task in lane.left() if task not in calling]

    def _stand(self, lane: TaskLane) -> Stand | None:
        task = self._innermost(lane)
        return stand(task, self._place) if task is not None else None

    def _innermost(self, lane: TaskLane) -> asyncio.Task[Any] | None:
        """The task that waits for no other task of the operation: where that stands, the operation does."""
        for task in self._tasks(lane):
            if not any(self._owner(future) is lane for future in awaited(task)):
                return task
        return None

    def are_strangers_idle(self) -> bool:
        """Whether no other task of the loop may be about to end a wait."""
        return self._strangers.are_idle(
            self._loop.loop, {task for lane in self._lanes for task in lane.tasks}
        )

    def hears(self) -> bool:
        """Whether something may come from outside: over a socket, or from a thread."""
        selector = getattr(self._loop.loop, "_selector", None)
        if selector is None or len(selector.get_map()) > 1:  # one is for waking the loop
            return True
        return not self._outsiders.are_idle()

    def may_hear(self) -> bool:
        """Whether one that waits may go on by something from outside."""
        return self.hears() and any(
            self._holder(stand(task, self._place)) is None
            for lane in self._lanes
            if not lane.is_over
            for task in self._tasks(lane)
        )

    def said_of(self, lanes: Sequence[TaskLane]) -> str:
        """Who waits for whom in a deadlock."""
        following = (*lanes[1:], lanes[0])
        return "; ".join(
            f"operation {lane.worker + 1} waits for operation {other.worker + 1} ({self._waited_for(lane)})"
            for lane, other in zip(lanes, following, strict=True)
        )

    def said_of_stuck(self) -> str:
        """What those wait for that nobody can help."""
        return "; ".join(self._said(lane) for lane in self._lanes if not lane.is_over)

    def said_of_late(self) -> str:
        """Who has not come to an end in time."""
        return "; ".join(
            f"operation {lane.worker + 1} stands at {self._waited_for(lane)}"
            for lane in self._lanes
            if not lane.is_over
        )

    def _said(self, lane: TaskLane) -> str:
        whole = f"operation {lane.worker + 1} waits ({self._waited_for(lane)})"
        strangers = [each for call in lane.calls for each in call.by if each not in self._servers.held]
        if strangers:
            numbers = ", ".join(f"{each.number} of {each.server}" for each in strangers)
            return f"{whole} for none of the operations, but for the server's process {numbers}"
        if lane.calls:
            others = ", ".join(str(worker + 1) for worker in self._servers.workers(lane.calls[0].by))
            return f"{whole} for operation {others}, which is over and has left its transaction open"
        return f"{whole}, and no operation is left that could end that"

    def _waited_for(self, lane: TaskLane) -> str:
        if lane.calls:
            return _at(lane.calls[0].deed.what, lane.calls[0].deed.place)
        at = self._stand(lane)
        return _at(at.what, at.place) if at is not None else "its own tasks"


def _is_stuck(lane: TaskLane) -> bool:
    return lane.waits and not (lane.is_over or lane.ready or lane.sleeps or lane.guards)


def _all_in(waits: Mapping[TaskLane, object], others: Sequence[TaskLane | None]) -> bool:
    return all(other is not None and (other in waits or other.is_over) for other in others)


def _at(what: str, place: Place | None) -> str:
    return f"{what} at {place}" if place is not None else what
