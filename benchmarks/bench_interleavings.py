"""What an interleaving costs: dryfit beside detangle and plain asyncio, in one process.

    python benchmarks/bench_interleavings.py [--runs 2000] [--rounds 5]

*In memory*: two operations of two awaits each, which read and write one attribute. dryfit runs them as tasks of the
loop that is running, with a search that begins anew whenever it has seen all orders; detangle runs them in loops of
its own, by its default strategy; plain asyncio runs them by ``gather``, in the one order that it knows. All run in
turns; of the rounds the best one counts. Beside the clock there is the CPU time of the process, which a busy machine
does not change. A peer that is not installed is named, and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter, process_time
from types import FrameType

from dryfit.model.interleaving import Backend
from dryfit.probes.schedule.search import search
from dryfit.probes.schedule.tasks import Tasks

BUDGET = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """Runs a second, by the clock and by the CPU time of the process."""

    wall: float
    cpu: float


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--runs", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    in_memory(options.runs, options.rounds)


# In memory: tasks of one event loop.


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


def in_memory(runs: int, rounds: int) -> None:
    """Interleavings a second of two small coroutines."""
    programs: dict[str, Callable[[int], object]] = {
        f"dryfit {version('dryfit')}": lambda count: asyncio.run(in_turns(count)),
        "asyncio.gather": lambda count: asyncio.run(together(count)),
    }
    try:
        programs[f"detangle {version('detangle')}"] = untangled
    except PackageNotFoundError:
        print("detangle is not installed: pip install detangle")
    best: dict[str, Pace] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            best[name] = faster(pace(program, runs), best.get(name))
    print(
        f"In memory, Python {platform.python_version()}: two coroutines of two awaits,"
        f" best of {rounds} rounds of {runs}"
    )
    for name, found in sorted(best.items(), key=lambda item: -item[1].cpu):
        print(f"  {name:<18}{found.wall:>9,.0f} runs/s{found.cpu:>11,.0f} a second of CPU time")


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
    import detangle

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


if __name__ == "__main__":
    main()
