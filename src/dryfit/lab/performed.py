"""Operations that wait for each other, run once more, so that the test goes on from what they really have made."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dryfit.lab.at_once import AtOnce, Made
from dryfit.lab.calls import Call
from dryfit.model.interleaving import Explored
from dryfit.model.outcome import Outcome, Raised, Returned
from dryfit.probes.schedule import serial


def wait_for_each_other(explored: Explored) -> bool:
    """Whether one of them had to give way, though they were to run one after the other."""
    schedule = explored.serial[0][0].interleaving.schedule
    return list(schedule) != sorted(schedule)


def perform(at_once: AtOnce, operations: Sequence[Call]) -> tuple[object, ...]:
    """Run them in threads, in the order that came first; what each returned, or the exception that it raised."""
    __tracebackhide__ = True
    with at_once.governed(lines=True):
        made = at_once.perform(operations, serial(range(len(operations))))
    return _given(made)


async def perform_tasks(
    at_once: AtOnce, operations: Sequence[Call], *, in_threads: bool
) -> tuple[object, ...]:
    """The same of coroutine functions; ``in_threads`` says that they hand work to threads."""
    __tracebackhide__ = True
    before, at_once.need_threads = at_once.need_threads, in_threads
    try:
        with at_once.governed_tasks(lines=True):
            made = await at_once.perform_tasks(operations, serial(range(len(operations))))
    finally:
        at_once.need_threads = before
    return _given(made)


def _given(made: Made) -> tuple[object, ...]:
    __tracebackhide__ = True
    interleaving, outcomes = made
    if interleaving.ending != "completed":
        said = interleaving.said or interleaving.ending
        pytest.fail(
            f"run once more, so that the test can go on, the operations do not come to their end: {said}"
        )
    return tuple(map(_value, outcomes))


def _value(outcome: Outcome | None) -> object:
    __tracebackhide__ = True
    if isinstance(outcome, Raised):
        if not isinstance(outcome.exception, Exception):
            raise outcome.exception
        return outcome.exception
    return outcome.value if isinstance(outcome, Returned) else None
