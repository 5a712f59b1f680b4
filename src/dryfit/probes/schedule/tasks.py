"""Runs operations at once as tasks of one event loop: one goes on at a time, and each switch is chosen."""

from __future__ import annotations

import asyncio
from _thread import get_ident
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType
from typing import TypeVar

from dryfit.model.interleaving import ANYTHING, Backends, Choose, Footprint, Interleaving, StepKind
from dryfit.model.outcome import Outcome
from dryfit.model.seam import Place
from dryfit.probes.schedule.broken_off import broken_off
from dryfit.probes.schedule.foreign_loops import FOREIGN, is_foreign
from dryfit.probes.schedule.lane import Deed
from dryfit.probes.schedule.narrator import Narrator
from dryfit.probes.schedule.outsiders import Outsiders
from dryfit.probes.schedule.owners import Owners
from dryfit.probes.schedule.strangers import Strangers
from dryfit.probes.schedule.task_lane import WORKER
from dryfit.probes.schedule.task_round import TaskRound
from dryfit.probes.schedule.thread_work import ThreadWork
from dryfit.probes.schedule.victim import deadlock_error
from dryfit.probes.schedule.watchdog import Watchdog

Told = TypeVar("Told")

THREADS = "an operation hands work to a thread, or blocks the event loop, and is no mere task"


class Tasks:
    """The controller of one exploration: ``run`` makes one interleaving of some operations after the other.

    ``limit`` are the seconds that one may take. ``place`` tells where a frame stands in the code of the components, and
    ``None`` for any other code. ``need_threads`` says that an operation was about to hand work to a thread, or to block
    the loop by a driver's call, which ended the interleaving: such operations take turns in threads of their own, as
    ``Turns`` has it.
    """

    def __init__(
        self, backends: Backends, *, limit: float, place: Callable[[FrameType], Place | None]
    ) -> None:
        self._backends = backends
        self._limit = limit
        self._place = place
        self._round: TaskRound | None = None
        self._outsiders = Outsiders()
        self._outsiders.begin()
        self._outsiders.leave_out(get_ident())
        self._watchdog = Watchdog(limit, self._outsiders.leave_out)
        self._owners = Owners()
        self._owners.watch()
        self._strangers = Strangers()
        self.need_threads = False
        self._thread_work = ThreadWork(self._found_thread_work)
        self._thread_work.put_in()

    async def run(
        self,
        operations: Sequence[Callable[[], Awaitable[object]]],
        choose: Choose,
        narrator: Narrator | None = None,
    ) -> tuple[Interleaving, tuple[Outcome | None, ...]]:
        """Run the operations in the order that is chosen, and give what became of each; ``None`` of one cut short.

        A ``narrator`` tells what they read and write in memory meanwhile.
        """
        if is_foreign(asyncio.get_running_loop()):
            return Interleaving((), (), "stuck", FOREIGN), (None,) * len(operations)
        round_ = TaskRound(
            self._backends,
            choose,
            self._place,
            self._owners,
            self._outsiders,
            self._watchdog,
            self._strangers,
        )
        self._round = round_
        self._owners.of.clear()
        try:
            if narrator is None:
                return await round_.make(operations, self._limit)
            round_.record.narrated(narrator)
            with narrator.listening(), narrator.on():
                interleaving, outcomes = await round_.make(operations, self._limit)
            return narrator.told(interleaving), outcomes
        finally:
            self._round = None

    def close(self) -> None:
        """Leave asyncio as it was."""
        self._thread_work.take_out()
        self._owners.unwatch()
        self._watchdog.close()

    def _found_thread_work(self) -> None:
        self.need_threads = True
        if self._round is not None:
            self._round.end("stuck", THREADS)

    def block(self, do: Callable[[], Told]) -> Told:
        """A driver's call that is not awaited: it would have the loop wait, and with it all that could end its wait."""
        round_, worker = self._round, WORKER.get()
        if round_ is None or round_.ending is not None or worker < 0:
            return do()
        self._found_thread_work()
        round_.lanes[worker].is_cut = True
        raise broken_off(is_in_loop=True)

    def ask_again(self) -> None:
        """What servers have said of who waits may be different now, though no driver's call is over."""
        if self._round is not None:
            self._round.ask_again()

    def worker(self) -> int:
        """The number of the operation to which the running code belongs; -1 outside of operations, and in drivers."""
        return WORKER.get()

    async def call(
        self,
        connection: object,
        kind: StepKind,
        what: str,
        place: Place | None,
        do: Callable[[], Awaitable[Told]],
        footprint: Footprint = ANYTHING,
        given: str = "",
    ) -> Told:
        """Do a driver's call on a connection: others may go on before it, and while a server has it wait.

        What happens inside of it is the driver's own: real input and output, real timers, tasks that are not governed.
        ``given`` is what its step tells of the values that it gets.
        """
        round_, worker = self._round, WORKER.get()
        if round_ is None or round_.ending is not None or worker < 0:
            return await do()
        deed = Deed(kind, what, place, footprint, given=given)
        await round_.park(worker, deed)
        call = round_.go_in(worker, connection, deed)
        WORKER.set(-1)
        try:
            told = await do()
        except BaseException as error:
            WORKER.set(worker)
            await round_.come_back(call)
            if call.is_victim and isinstance(error, Exception):
                raise deadlock_error(error) from None
            raise
        WORKER.set(worker)
        await round_.come_back(call)
        return told
