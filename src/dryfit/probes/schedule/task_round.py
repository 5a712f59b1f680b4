"""One interleaving of tasks while it is made: who goes on next, who waits for whom, and how it ends."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType

from dryfit.model.interleaving import ANYTHING, Backend, Backends, Choice, Choose, Ending, Interleaving, Step
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.seam import Place
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.lane import Deed
from dryfit.probes.schedule.owners import Owners
from dryfit.probes.schedule.pause import Pause
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.task_ends import break_off
from dryfit.probes.schedule.task_lane import WORKER, Call, TaskLane
from dryfit.probes.schedule.task_servers import Servers
from dryfit.probes.schedule.task_waits import stand
from dryfit.probes.schedule.waiting import Waiting
from dryfit.probes.schedule.watchdog import Watchdog

NAPS = 20
"""How often in a row one may sleep while others could go on: what polls must let them."""


class TaskRound:
    """Makes one choice after the other in the event loop's own thread, and the step that was chosen at once.

    It goes back to the loop only where something there has to happen first: callbacks, input and output.
    """

    def __init__(
        self,
        backends: Backends,
        choose: Choose,
        place: Callable[[FrameType], Place | None],
        owners: Owners,
        watchdog: Watchdog,
    ) -> None:
        self.lanes: list[TaskLane] = []
        self.record = Record()
        self.ending: tuple[Ending, str] | None = None
        self.failure: BaseException | None = None
        self.is_over = self.is_stepping = False
        self.begun = 0.0
        self.thread = 0
        self.place = place
        self._choose = choose
        self._watchdog = watchdog
        self._seen = 0
        self._is_due = False
        self._loop = GovernedLoop(asyncio.get_running_loop(), self)
        self._done: asyncio.Future[None] = self._loop.loop.create_future()
        self._servers = Servers(backends, self._loop, self)
        self._waiting = Waiting(self._loop, owners, self.lanes, self._servers, place)

    async def make(
        self, operations: Sequence[Callable[[], Awaitable[object]]], limit: float
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        """Run the operations; see ``Tasks.run``."""
        clock = self._loop.loop.time()
        self.lanes.extend(TaskLane(worker, clock) for worker in range(len(operations)))
        self._watchdog.begin(self)
        try:
            with self._loop.instead():
                for lane, operation in zip(self.lanes, operations, strict=True):
                    self._prepare(lane, operation)
                self.due()
                try:
                    await self._done
                finally:
                    self.end("stuck", "cancelled from outside")
                    left = await break_off(self.lanes, self._servers, self._loop)
        finally:
            self._watchdog.over()
        if self.failure is not None:
            raise self.failure
        ending, said = self.ending or ("limit", "")
        return self.record.interleaving(ending, said + left), tuple(lane.outcome() for lane in self.lanes)

    def _prepare(self, lane: TaskLane, operation: Callable[[], Awaitable[object]]) -> None:
        context = contextvars.copy_context()
        context.run(WORKER.set, lane.worker)
        lane.main = asyncio.Task(_perform(operation), loop=self._loop.loop, context=context)

    # What tasks do.

    async def park(self, worker: int, deed: Deed) -> None:
        """Stop before a deed, until the task is chosen."""
        task = asyncio.current_task()
        if task is not None:
            self.lanes[worker].deeds[task] = deed
        await Pause()

    def go_in(self, worker: int, connection: object, deed: Deed) -> Call:
        """A driver's call begins."""
        return self._servers.go_in(self.lanes[worker], connection, deed)

    async def come_back(self, call: Call) -> None:
        """It is over; where it had to wait, others went on meanwhile, and the task has to be chosen again."""
        self._servers.come_back(call)
        self.due()
        if call.was_blocked and self.ending is None:
            deed = Deed("woken", call.deed.what, call.deed.place)
            self.record.add(Step(call.lane.worker, "woken", deed.what, deed.place))
            await self.park(call.lane.worker, deed)

    # What the loop tells.

    def came(self, lane: TaskLane) -> None:
        """A step of a task may be made."""
        lane.waits = False
        if not self._is_due:
            self.due()

    def due(self) -> None:
        """Have the next choice made when all callbacks that are due have run."""
        if not self._is_due and not self.is_over:
            self._is_due = True
            self._loop.soon(self._tick)

    def call_late(self) -> None:
        """Time is up, says another thread."""
        self._loop.loop.call_soon_threadsafe(self.late)

    def late(self) -> None:
        """Time is up."""
        self.end("limit", self._waiting.said_of_late())

    def end(self, ending: Ending, said: str) -> None:
        """The interleaving is over."""
        if self.ending is None:
            self.ending, self.is_over = (ending, said), True
            if not self._done.done():
                self._done.set_result(None)

    # What is done between steps.

    def _tick(self) -> None:
        try:  # due as long as it goes on: the next one has to come after the callbacks of this one's steps
            if self._go_on():
                self._is_due = True
                self._loop.soon(self._tick)
            else:
                self._is_due = False
        except BrokenOff:
            self.late()
        except Exception as error:  # noqa: BLE001 - of a choice or of a server; raised where run() is called
            self.failure = error
            self.end("stuck", repr(error))

    def _go_on(self) -> bool:
        """Make choices as long as that can be done; true where callbacks have to run first."""
        while self.ending is None:
            if self._loop.passed != self._seen:
                self._seen = self._loop.passed
                return True
            if not self._servers.are_clear() or self._is_out():
                return False
            lane = self._next()
            if lane is None:
                return False
            self._step(lane)
        return False

    def _is_out(self) -> bool:
        """Whether something is on its way in from outside, by which one goes on that was chosen."""
        for lane in self.lanes:
            if not (lane.ready or lane.waits or lane.is_over or lane.sleeps):
                if self._waiting.is_out(lane):
                    return True
                lane.waits = True
                blocked = self._waiting.blocked(lane)
                if blocked is not None:
                    self.record.add(blocked)
        return False

    def _next(self) -> TaskLane | None:
        enabled = tuple(lane.worker for lane in self.lanes if _can_go(lane))
        awake = tuple(worker for worker in enabled if self.lanes[worker].slept < NAPS)
        enabled = awake or enabled
        found = self._waiting.circle()
        if found:
            if not self._servers.free(found):
                self.end("deadlock", self._waiting.said_of(found))
            return None
        if not enabled:
            enabled = tuple(lane.worker for lane in self.lanes if lane.guards and not lane.is_over)
        if not enabled:
            self._stand_still()
            return None
        return self._chosen(Choice(enabled, self.record.last))

    def _chosen(self, choice: Choice) -> TaskLane:
        worker = self._choose(choice)
        if worker not in choice.enabled:
            raise ValueError(f"the choice of {worker} is none of {choice.enabled}")
        lane = self.lanes[worker]
        deed = self._deed(lane)
        self.record.move(choice, worker, deed.footprint if deed is not None else ANYTHING)
        if deed is None:
            self.record.add(Step(worker, "await", "timeout"))
        elif deed.kind != "woken":
            self.record.add(Step(worker, deed.kind, deed.what, deed.place))
        return lane

    def _deed(self, lane: TaskLane) -> Deed | None:
        """What the lane is about to do; none where it is a timeout that fires."""
        if not lane.has_begun:
            lane.has_begun = True
            return Deed("began")
        if not lane.ready:
            return Deed("await", "sleep") if lane.sleeps else None
        task = lane.ready[0][1]
        deed = lane.deeds.pop(task, None)
        if deed is None:
            what, place, _ = stand(task, self.place)
            deed = Deed("await", what, place)
        return deed

    def _step(self, lane: TaskLane) -> None:
        if lane.ready:
            lane.slept = 0
        else:
            timers = lane.sleeps or lane.guards
            when, timer = timers.pop()
            lane.slept += 1
            lane.clock = max(lane.clock, when)
            timer._run()  # type: ignore[attr-defined]
            if not lane.ready:
                return
        handle, task = lane.ready.popleft()
        lane.tasks.add(task)
        self._run(lane, handle)
        if lane.main.done() and not lane.is_over:
            lane.is_over = True
            outcome = lane.outcome()
            name = "" if outcome is None or isinstance(outcome, Returned) else type(outcome.exception).__qualname__
            self.record.add(Step(lane.worker, "raised" if name else "returned", name))

    def _run(self, lane: TaskLane, handle: asyncio.Handle) -> None:
        self.is_stepping = True
        try:
            handle._run()
        except (SystemExit, KeyboardInterrupt):
            if not lane.main.done():
                raise
        finally:
            self.is_stepping = False

    def _stand_still(self) -> None:
        if all(lane.is_over for lane in self.lanes):
            self.end("completed", "")
        elif not self._waiting.may_hear():
            self.end("stuck", self._waiting.said_of_stuck())


def _can_go(lane: TaskLane) -> bool:
    while lane.ready and lane.ready[0][0].cancelled():
        lane.ready.popleft()
    return bool(lane.ready) or (not lane.is_over and bool(lane.sleeps))


async def _perform(operation: Callable[[], Awaitable[object]]) -> object:
    return await operation()
