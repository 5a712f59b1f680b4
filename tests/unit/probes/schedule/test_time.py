"""Sleeps and timeouts take no time, but have passed afterwards."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import Callable, Sequence
from time import monotonic

import pytest

from dryfit.probes.schedule import Turns

HOUR = 3600.0


def test_time_has_passed_after_a_sleep(turns: Turns, along, values) -> None:
    def operation() -> tuple[float, float]:
        before, wall = monotonic(), time.time()
        time.sleep(HOUR)
        return monotonic() - before, time.time() - wall

    began = time.monotonic()
    ((passed, wall),) = values(turns.run([operation], along()))
    assert passed >= HOUR
    assert wall >= HOUR
    assert time.monotonic() - began < HOUR


def test_who_polls_until_a_time_comes_to_it(turns: Turns, along, values) -> None:
    def operation() -> int:
        until, polls = time.monotonic() + 60, 0
        while time.monotonic() < until:
            time.sleep(1)
            polls += 1
        return polls

    assert values(turns.run([operation], along())) == (60,)


def test_who_polls_for_ever_is_stuck(turns: Turns, along) -> None:
    def operation() -> None:
        while True:
            time.sleep(1)

    run = turns.run([operation], along())
    assert run[0].ending == "stuck"
    assert run[0].said.startswith("operation 1 pauses for ever (sleep(1) at tests.py:")


@pytest.mark.parametrize("make", [queue.Queue, queue.SimpleQueue])
def test_an_empty_queue_is_given_up(
    turns: Turns, along, values, make: Callable[[], queue.Queue[int]]
) -> None:
    jobs = make()

    def operation() -> str:
        try:
            return str(jobs.get(timeout=HOUR))
        except queue.Empty:
            return "empty"

    assert values(turns.run([operation], along())) == ("empty",)


def test_tasks_sleep_and_time_out_in_no_time(turns: Turns, explore, values) -> None:
    def operations() -> Sequence[Callable[[], object]]:
        async def sleeps() -> str:
            await asyncio.sleep(HOUR)
            return "slept"

        async def waits() -> str:
            try:
                async with asyncio.timeout(HOUR):
                    await asyncio.Event().wait()
            except TimeoutError:
                return "timed out"
            return "unreachable"

        return [lambda: asyncio.run(sleeps()), lambda: asyncio.run(waits())]

    runs = explore(operations)
    assert {values(run) for run in runs} == {("slept", "timed out")}
    first = next(run for run in runs if run[0].steps[-1].worker == 1)
    assert first[0].ending == "completed"
