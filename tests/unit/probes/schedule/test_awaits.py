"""Awaits in event loops that operations run in threads of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from dryfit.probes.schedule import Turns
from dryfit.probes.schedule.orders import serial


def adding(seconds: float) -> Callable[[], int]:
    shared = [0]

    async def add() -> int:
        seen = shared[0]
        await asyncio.sleep(seconds)
        shared[0] = seen + 1
        return shared[0]

    return lambda: asyncio.run(add())


@pytest.mark.parametrize("seconds", [0, 60])
def test_an_await_is_a_switch_point_and_takes_no_time(turns: Turns, explore, values, seconds) -> None:
    begun = time.monotonic()

    runs = explore(lambda: [adding(seconds)] * 2)

    assert {values(run) for run in runs} == {(1, 1), (1, 2), (2, 1)}
    assert time.monotonic() - begun < 30
    if seconds:
        assert len(runs) == 6  # each began, and slept once


def test_one_that_sleeps_goes_on_where_it_is_chosen(turns: Turns, values) -> None:
    interleaving, outcomes = turns.run([adding(60)] * 2, serial((0, 1)))

    assert values((interleaving, outcomes)) == (1, 2)
    assert interleaving.schedule == (0, 0, 1, 1)
    assert [step.kind for step in interleaving.steps] == ["began", "wait", "returned"] * 2


def test_a_timeout_fires_where_nobody_else_can_go_on_alone(turns: Turns, values) -> None:
    async def waits() -> str:
        try:
            async with asyncio.timeout(60):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        return "in time"

    async def sleeps() -> str:
        async with asyncio.timeout(60):
            await asyncio.sleep(30)
        return "in time"

    run = turns.run([lambda: asyncio.run(waits()), lambda: asyncio.run(sleeps())], serial((0, 1)))

    assert values(run) == ("late", "in time")


def test_the_clock_of_a_loop_goes_on_by_its_sleeps(turns: Turns, values) -> None:
    async def measured() -> int:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await asyncio.gather(asyncio.sleep(40), asyncio.sleep(60))
        return round(loop.time() - begun)

    assert values(turns.run([lambda: asyncio.run(measured())] * 2, serial((1, 0)))) == (60, 60)


def test_asyncio_is_left_as_it_was(turns: Turns) -> None:
    governed = asyncio.BaseEventLoop._run_once
    turns.__exit__()
    try:
        assert asyncio.BaseEventLoop._run_once is not governed
    finally:
        turns.__enter__()
