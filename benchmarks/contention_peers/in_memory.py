"""What an interleaving in memory costs: dryfit beside detangle and plain asyncio, in one process.

Two operations of two awaits each read and write one attribute. dryfit runs them as tasks of the loop that is running,
with a search that begins anew whenever it has seen all orders; detangle runs them in loops of its own, by its default
strategy; plain asyncio runs them by ``gather``, in the one order that it knows. All run in turns; of the rounds the
best one counts. Beside the clock there is the CPU time of the process, which a busy machine does not change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from types import FrameType

import detangle

from dryfit.model.interleaving import Backend
from dryfit.probes.schedule.search import search
from dryfit.probes.schedule.tasks import Tasks

BUDGET = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """Runs a second, by the clock and by the CPU time of the process."""

    wall: float
    cpu: float


class Account:
    """What two operations share."""

    balance = 0


async def deposit() -> int:
    """Read, let others go on, write, and let others go on once more."""
    balance = Account.balance
    await asyncio.sleep(0)
    Account.balance = balance + 1
    await asyncio.sleep(0)
    return Account.balance


class NoServers:
    """There are none."""

    def backend(self, connection: object) -> Backend | None:
        """Nobody."""
        return None

    def blockers(self, backends: Sequence[Backend]) -> Mapping[Backend, tuple[Backend, ...]]:
        """Nobody waits."""
        return {}

    def cancel(self, backend: Backend) -> None:
        """Nothing runs."""


def paces(runs: int, rounds: int) -> dict[str, Pace]:
    """The best pace of each tool."""
    programs: dict[str, Callable[[int], object]] = {
        "dryfit": lambda count: asyncio.run(in_turns(count)),
        "asyncio": lambda count: asyncio.run(together(count)),
        "detangle": untangled,
    }
    best: dict[str, Pace] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            best[name] = faster(pace(program, runs), best.get(name))
    return best


async def in_turns(runs: int) -> None:
    """Interleavings by dryfit, with what the search costs."""
    tasks, made = Tasks(NoServers(), limit=10.0, place=nowhere), 0
    operations = (deposit, deposit)
    try:
        while made < runs:
            searching = search(made, BUDGET)
            while made < runs and searching.begin():
                interleaving, _ = await tasks.run(operations, searching.choose)
                searching.ended(interleaving)
                made += 1
    finally:
        tasks.close()


def nowhere(frame: FrameType) -> None:
    """No frame is a component's."""


async def together(runs: int) -> None:
    """Runs by asyncio alone."""
    for _ in range(runs):
        await asyncio.gather(deposit(), deposit())


def untangled(runs: int) -> None:
    """Interleavings by detangle."""

    async def both() -> None:
        await asyncio.gather(deposit(), deposit())

    detangle.explore(both, runs=runs)


def pace(program: Callable[[int], object], runs: int) -> Pace:
    """How many runs a second a program makes."""
    wall, cpu = perf_counter(), process_time()
    program(runs)
    return Pace(runs / (perf_counter() - wall), runs / (process_time() - cpu))


def faster(found: Pace, before: Pace | None) -> Pace:
    """The better of each."""
    return found if before is None else Pace(max(found.wall, before.wall), max(found.cpu, before.cpu))
