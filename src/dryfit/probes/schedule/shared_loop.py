"""An event loop of a thread that was there before, in which operations have tasks: a test client's with lifespan."""

from __future__ import annotations

import asyncio
import contextvars
from _thread import LockType
from asyncio import base_events
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from types import FrameType
from typing import Any, NamedTuple, TypeVar

from dryfit.model.clock import Clock
from dryfit.model.seam import Place
from dryfit.probes.schedule.answers import Answers
from dryfit.probes.schedule.broken_off import BrokenOff
from dryfit.probes.schedule.governed import Here
from dryfit.probes.schedule.governed_loop import GovernedLoop
from dryfit.probes.schedule.lane import (
    ACQUIRE,
    LOOP,
    RELEASE,
    Deed,
    Lane,
    Wait,
    closed_gate,
    nobody,
)
from dryfit.probes.schedule.pause import Pause
from dryfit.probes.schedule.round import Round
from dryfit.probes.schedule.strangers import Strangers
from dryfit.probes.schedule.task_lane import WORKER, TaskLane
from dryfit.probes.schedule.task_waits import stand

Result = TypeVar("Result")
SOON: Any = base_events.BaseEventLoop.call_soon_threadsafe
"""The interpreter's own, whatever stands in its place while an exploration is on."""

PATIENCE = 0.05
"""Seconds until a thread that waits for the loop can hear that it is to end."""


class Awaited(NamedTuple):
    """A driver's call that a task is about to await; ``over`` is opened when it is over."""

    connection: object
    deed: Deed
    over: LockType


class SharedLoop:
    """One such loop during one round: the steps of each operation's tasks are made by a lane of that operation.

    The lane's own thread has the loop make them, and waits for it. While it makes one, the loop's thread goes on in
    that lane; where it has to stop within, the others that need the loop have to wait until the step is made.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        round_: Round,
        place: Callable[[FrameType], Place | None],
        lent: Callable[[Here], AbstractContextManager[None]],
    ) -> None:
        workers = 1 + max(lane.worker for lane in round_.lanes)
        self.lanes = [TaskLane(worker, loop.time()) for worker in range(workers)]
        self.is_over = False
        self.calls: dict[asyncio.Task[Any], Awaited] = {}
        self.resumed: set[asyncio.Task[Any]] = set()
        self.serving: dict[int, Lane] = {}
        self._loop = loop
        self._round = round_
        self._place = place
        self._lent = lent
        self._stepping: Lane | None = None
        self._put_in = ExitStack()
        self._governed: GovernedLoop = contextvars.Context().run(GovernedLoop, loop, self)
        self._answers = Answers(loop, self._governed.made)
        self._seen = 0
        self._put_in.enter_context(self._governed.instead())

    def are_idle(self, strangers: Strangers) -> bool:
        """Whether nothing will come of its other tasks but by what operations do."""
        return strangers.are_idle(self._loop, {task for lane in self.lanes for task in tuple(lane.tasks)})

    def came(self, lane: TaskLane) -> None:
        """A step of a task may be made: its lane looks for itself."""

    def let_go(self) -> None:
        """Leave the loop as it was: its tasks go on by themselves."""
        self.is_over = True
        self._soon(self._let_go)

    def cancel(self) -> LockType:
        """Cancel what is left of the tasks; gives a gate that is opened when they are over."""
        gone = closed_gate()
        # A task that is cancelled before its first step takes with it whoever counts on its handling that.
        if not self._soon(lambda: self._loop.call_soon(self._cancel, gone)):
            RELEASE(gone)
        return gone

    def _soon(self, do: Callable[[], object]) -> bool:
        try:
            SOON(self._loop, do)
        except RuntimeError:  # it was closed meanwhile
            return False
        return True

    def _let_go(self) -> None:
        self._put_in.close()
        for lane in self.lanes:
            for handle, task in lane.ready:
                lane.tasks[task] = None
                self._loop.call_soon(handle._run)
            lane.ready.clear()

    def _cancel(self, gone: LockType) -> None:
        left = {task for lane in self.lanes for task in lane.left()}

        def over(task: asyncio.Task[Any]) -> None:
            left.discard(task)
            if not left:
                RELEASE(gone)

        for task in tuple(left):
            task.cancel("this interleaving is over")
            task.add_done_callback(over)
        if not left:
            RELEASE(gone)

    def stepping(self) -> Lane | None:
        """The lane whose step is being made: the loop does nothing else until then."""
        return self._stepping

    def serve(self, lane: Lane) -> None:
        """Make the steps of one operation's tasks, each in its turn, until the round is over."""
        tasks = self.lanes[lane.worker]
        lane.deafened = lambda: self._stepping if self._stepping is not lane else None
        while True:
            if tasks.ready:
                self._make_step(lane, tasks)
            elif tasks.sleeps:
                self._round.park(lane, Deed("await", "sleep", is_pause=True, needs=self.stepping))
                self._fire(lane, tasks)
            elif not self._hear(lane, tasks):
                self._fire(lane, tasks)

    def _hear(self, lane: Lane, tasks: TaskLane) -> bool:
        """Wait for a step to make; false where only a timeout is left.

        That takes its time where an answer may come from outside, and else fires where nobody else can go on.
        """
        answer = self._answers.under_way(tasks)
        if answer is None:
            is_timed = bool(tasks.guards)
            return self._round.wait(lane, self.idle(tasks, is_timed=is_timed))
        late = max(answer.until, Clock.monotonic() + tasks.guards.first - tasks.clock)
        at = stand(answer.task, self._place)

        def is_over() -> bool:
            return bool(tasks.ready) or Clock.monotonic() >= late

        handing = self._round.handing
        self._round.wait(
            lane, Wait(at.what, is_over, nobody, place=at.place, footprint=handing, until=answer.until)
        )
        return bool(tasks.ready)

    def idle(self, tasks: TaskLane, *, is_timed: bool = False) -> Wait:
        """The wait of a lane until one of its tasks can go on."""
        handing = self._round.handing
        return Wait(
            LOOP, lambda: bool(tasks.ready), nobody, is_timed, footprint=handing, helper=self.stepping
        )

    def _make_step(self, lane: Lane, tasks: TaskLane) -> None:
        handle, task = tasks.ready[0]
        tasks.tasks[task] = None
        awaited = self.calls.pop(task, None)
        if awaited is not None:
            call = replace(awaited.deed, needs=self.stepping)
            self._round.call(lane, awaited.connection, call, lambda: self._run_call(tasks, awaited))
            self._in_loop(lane, int)  # it has come back by then, and waits to go on
            return
        if task not in self.resumed:
            deed = self._deed(task)
            if deed is not None:
                self._round.park(lane, deed)
        self.resumed.discard(task)
        tasks.ready.popleft()
        self._in_loop(lane, handle._run)

    def _run_call(self, tasks: TaskLane, awaited: Awaited) -> None:
        handle, _ = tasks.ready.popleft()
        SOON(self._loop, handle._run)
        _pass(awaited.over)

    def _deed(self, task: asyncio.Task[Any]) -> Deed | None:
        if not getattr(task.get_coro(), "cr_suspended", False):
            return None
        at = stand(task, self._place)
        return Deed("resumed", at.way, at.place, needs=self.stepping) if at.place is not None else None

    def _fire(self, lane: Lane, tasks: TaskLane) -> None:
        timers = tasks.sleeps or tasks.guards
        if timers:
            when, timer = timers.pop()
            tasks.clock = max(tasks.clock, when)
            self._in_loop(lane, timer._run)

    def _in_loop(self, lane: Lane, do: Callable[[], object]) -> None:
        """Have the loop's thread do something, and wait until it has, and all that follows from it at once."""
        while self._stepping is not None:
            self._round.wait(lane, Wait(LOOP, lambda: self._stepping is None, self.stepping))
        lane.is_inside = True
        self._settled(lambda: self._step(lane, do))
        lane.is_inside = False
        if self._round.ending is not None:
            lane.is_told = True
            raise BrokenOff

    def _step(self, lane: Lane, do: Callable[[], object]) -> None:
        """In the loop's thread: make a step in the lane; servers are asked again where it has stopped within."""
        turns, self._stepping = lane.turns, lane
        try:
            with self._lent((self._round, lane)):
                do()
        finally:
            self._stepping = None
            if lane.turns != turns:
                self._round.ask_again()

    def tell(self, soon: Callable[[], asyncio.Handle]) -> asyncio.Handle:
        """Have the loop hear something, and all that follows from it at once; later where it is making a step."""
        if self._stepping is not None:
            self._governed.passed += 1
            return soon()
        handle = soon()
        self._settled(int)
        return handle

    def _settled(self, do: Callable[[], object]) -> None:
        done = closed_gate()

        def run() -> None:
            try:
                with suppress(asyncio.CancelledError):  # it was meant for a task's step, and came late
                    do()
                self._governed.repeat()
            finally:
                self._settle(done)

        SOON(self._loop, run)
        _pass(done)

    def _settle(self, done: LockType) -> None:
        if self._governed.passed == self._seen:
            RELEASE(done)
        else:
            self._seen = self._governed.passed
            self._governed.soon(lambda: self._settle(done))

    async def call(self, connection: object, deed: Deed, do: Callable[[], Awaitable[Result]]) -> Result:
        """A driver's call that a task awaits; see ``Turns.call_awaited``."""
        task, worker = asyncio.current_task(), WORKER.get()
        if task is None or self.is_over:
            return await do()
        awaited = Awaited(connection, deed, closed_gate())
        self.calls[task] = awaited
        await Pause()
        WORKER.set(-1)
        try:
            return await do()
        except BaseException as error:
            lane = self.serving[worker]
            if lane.is_victim:
                raise self._round.deadlock_of(lane, error) from None
            raise
        finally:
            WORKER.set(worker)
            self.resumed.add(task)
            RELEASE(awaited.over)
            await Pause()


def _pass(gate: LockType) -> None:
    while not ACQUIRE(gate, True, PATIENCE):
        pass
