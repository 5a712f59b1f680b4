"""One interleaving of tasks while it is made: who goes on next, who waits for whom, and how it ends."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from dryfit.model.interleaving import (
    ANYTHING,
    Backends,
    Choice,
    Choose,
    Ending,
    Footprint,
    Interleaving,
    Step,
)
from dryfit.model.outcome import Outcome, Raised
from dryfit.model.seam import Place
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.lane import Deed
from dryfit.probes.schedule.outsiders import Outsiders
from dryfit.probes.schedule.owners import Owners
from dryfit.probes.schedule.pause import Pause
from dryfit.probes.schedule.record import Record
from dryfit.probes.schedule.strangers import Strangers
from dryfit.probes.schedule.task_ends import break_off
from dryfit.probes.schedule.task_lane import WORKER, Call, TaskLane
from dryfit.probes.schedule.task_servers import Servers
from dryfit.probes.schedule.task_waits import stand
from dryfit.probes.schedule.waiting import Waiting
from dryfit.probes.schedule.watchdog import Watchdog

NAPS = 20
"""How often in a row one may sleep while others could go on: what polls must let them."""


AGAIN = 0.005
"""Seconds until the next look whether other threads and tasks have come to rest."""


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
        outsiders: Outsiders,
        watchdog: Watchdog,
        strangers: Strangers,
    ) -> None:
        self.lanes: list[TaskLane] = []
        self.record = Record()
        self.ending: tuple[Ending, str] | None = None
        self.failure: BaseException | None = None
        self.is_over = self.is_stepping = self.is_late = self.is_interrupted = False
        self.begun = 0.0
        self.thread = 0
        self.place = place
        self._choose = choose
        self._watchdog = watchdog
        self._seen = 0
        self._woken: list[Call] = []
        self._is_due = False
        self._loop = GovernedLoop(asyncio.get_running_loop(), self)
        self._done: asyncio.Future[None] = self._loop.loop.create_future()
        self._servers = Servers(backends, self._loop, self)
        self._waiting = Waiting(self._loop, owners, self.lanes, self._servers, place, outsiders, strangers)

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
        self.is_stepping = True
        if call.was_blocked and self.ending is None:
            self._woken.append(call)
            await self.park(call.lane.worker, Deed("woken", call.deed.what, call.deed.place))

    def ask_again(self) -> None:
        """Something but the operations has let go of a lock."""
        self._servers.outdate()

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
        self.is_late = True
        with suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.loop.call_soon_threadsafe(self.late)

    def late(self) -> None:
        """Time is up."""
        self._note_ends()
        self.end("limit", self._waiting.said_of_late())

    def end(self, ending: Ending, said: str) -> None:
        """The interleaving is over."""
        if self.ending is None:
            self.ending, self.is_over = (ending, said), True
            if not self._done.done():
                self._done.set_result(None)

    # What is done between steps.

    def _tick(self) -> None:
        self.is_stepping = False
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
            self._note_ends()
            if self._loop.passed != self._seen:
                self._seen = self._loop.passed
                return True
            if not self._servers.are_clear() or self._is_out():
                return False
            if self._woken:
                self._note_woken()
            lane = self._next()
            if lane is None:
                return False
            self._step(lane)
            if self.is_late:
                self.late()
        return False

    def _note_woken(self) -> None:
        """In the order of the workers: in which order servers answer is not for the choices to decide."""
        for call in sorted(self._woken, key=lambda call: call.lane.worker):
            self.record.add(Step(call.lane.worker, "woken", call.deed.what, call.deed.place))
        self._woken.clear()

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
        if True in [lane.waits for lane in self.lanes] and (found := self._waiting.circle()):
            if self._waiting.is_short(found):
                self.end("stuck", self._waiting.said_of_stuck())
            elif not self._servers.free(found):
                self.end("deadlock", self._waiting.said_of(found))
            return None
        enabled = [lane for lane in self.lanes if _can_go(lane)]
        awake = [lane.worker for lane in enabled if lane.slept < NAPS] or [lane.worker for lane in enabled]
        if not awake and not self._are_all_over() and not self._waiting.are_strangers_idle():
            self._loop.after(AGAIN, self.due)
            return None
        guarded = awake or [lane.worker for lane in self.lanes if lane.guards and not lane.is_over]
        if guarded:
            return self._chosen(Choice(tuple(guarded), self.record.last))
        self._stand_still()
        return None

    def _chosen(self, choice: Choice) -> TaskLane:
        worker = self._choose(choice)
        if worker not in choice.enabled:
            raise ValueError(f"the choice of {worker} is none of {choice.enabled}")
        if worker != choice.running:
            for other in self.lanes:
                other.slept = 0
        lane = self.lanes[worker]
        step, footprint = self._following(lane)
        self.record.move(choice, worker, footprint)
        if step.kind != "woken":
            self.record.add(step)
        return lane

    def _following(self, lane: TaskLane) -> tuple[Step, Footprint]:
        """What the lane is about to do; a timer is fired where it can go on by that alone."""
        if not lane.ready and not self._fire(lane):
            return Step(lane.worker, "await", "timeout"), ANYTHING
        task = lane.ready[0][1]
        deed = lane.deeds.pop(task, None)
        has_begun, lane.has_begun = lane.has_begun, True
        if deed is not None:
            return Step(lane.worker, deed.kind, deed.what, deed.place, given=deed.given), deed.footprint
        return self._resumed(lane, task) if has_begun else Step(lane.worker, "began"), ANYTHING

    def _resumed(self, lane: TaskLane, task: asyncio.Task[Any]) -> Step:
        """A task goes on where it has awaited something, or begins for an operation that is under way."""
        if task in lane.awaits:
            return Step(lane.worker, "resumed", "", lane.awaits.pop(task))
        at = stand(task, self.place)
        return Step(lane.worker, "resumed", at.what, at.place)

    def _fire(self, lane: TaskLane) -> bool:
        """Let time go on until the earliest timer; whether a step may be made by that at once."""
        lane.slept += 1
        when, timer = (lane.sleeps or lane.guards).pop()
        lane.clock = max(lane.clock, when)
        timer._run()
        return bool(lane.ready)

    def _step(self, lane: TaskLane) -> None:
        if not lane.ready:
            return
        handle, task = lane.ready.popleft()
        lane.tasks[task] = None
        self._run(lane, handle)
        self._loop.repeat()
        if not (task.done() or task in lane.deeds or lane.is_calling(task)):
            at = stand(task, self.place)
            lane.awaits[task] = at.place
            self.record.add(Step(lane.worker, "await", at.way, at.place))

    def _note_ends(self) -> None:
        for lane in self.lanes:
            if not lane.is_over and lane.main.done():
                lane.is_over = True
                self.record.add(_last_step(lane))
        if self.is_interrupted:
            self.is_interrupted = False
            self._note_interrupted()

    def _note_interrupted(self) -> None:
        for lane in self.lanes:
            for task in lane.tasks:
                error = task.exception() if task.done() and not task.cancelled() else None
                if isinstance(error, BrokenOff):
                    lane.is_cut = True
                    where = _where(error.__traceback__)
                    self.end("limit", f"operation {lane.worker + 1} came to no switch point ({where})")

    def _run(self, lane: TaskLane, handle: asyncio.Handle) -> None:
        self.is_stepping = True
        try:
            handle._run()
        except (SystemExit, KeyboardInterrupt):
            if not lane.main.done():
                raise
        finally:
            self.is_stepping = False

    def _are_all_over(self) -> bool:
        return all(lane.is_over for lane in self.lanes)

    def _stand_still(self) -> None:
        if self._are_all_over():
            self.end("completed", "")
        elif self._waiting.may_hear():
            self._loop.after(AGAIN, self.due)
        else:
            self.end("stuck", self._waiting.said_of_stuck())


def _can_go(lane: TaskLane) -> bool:
    while lane.ready and lane.ready[0][0].cancelled():
        lane.ready.popleft()
    return bool(lane.ready) or (not lane.is_over and bool(lane.sleeps))


def _last_step(lane: TaskLane) -> Step:
    outcome = lane.outcome()
    if isinstance(outcome, Raised):
        return Step(lane.worker, "raised", type(outcome.exception).__qualname__)
    return Step(lane.worker, "returned")


def _where(traceback: TracebackType | None) -> str:
    if traceback is None:
        return "nowhere"
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    code = traceback.tb_frame.f_code
    return f"{code.co_filename}:{traceback.tb_lineno} in {code.co_qualname}"


async def _perform(operation: Callable[[], Awaitable[object]]) -> object:
    return await operation()
