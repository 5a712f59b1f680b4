"""Calls out of order: whatever they do, nothing of it reaches the session."""

from __future__ import annotations

import asyncio
import logging
import sys
import warnings
from collections.abc import AsyncIterator, Iterator

import pytest

from dryfit.model.outcome import Raised, Returned
from dryfit.probes.quiet import MOST_ITEMS, outcome_of


def returned(call):
    outcome = outcome_of(call)
    assert type(outcome) is Returned, outcome.exception
    return outcome.value


@pytest.mark.parametrize("error", [KeyError("a"), SystemExit(3), GeneratorExit(), asyncio.CancelledError()])
def test_whatever_is_raised_is_an_outcome(error: BaseException) -> None:
    def call() -> None:
        raise error

    outcome = outcome_of(call)
    assert type(outcome) is Raised
    assert outcome.exception is error


def test_the_user_can_break_off() -> None:
    def call() -> None:
        raise KeyboardInterrupt

    stdin = sys.stdin
    with pytest.raises(KeyboardInterrupt):
        outcome_of(call)
    assert sys.stdin is stdin


def test_nothing_is_heard_of_it(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    def call() -> str:
        print("out")
        print("err", file=sys.stderr)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.getLogger("shop").error("bad")
        return sys.stdin.readline()

    assert returned(call) == ""
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []
    assert logging.getLogger("shop").isEnabledFor(logging.ERROR)


def test_coroutines_are_awaited_in_a_loop_of_their_own() -> None:
    cancelled = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    async def call() -> str:
        task = asyncio.create_task(forever())
        await asyncio.sleep(0)
        return "done" if not task.done() else "ended"

    with asyncio.Runner() as runner:
        theirs = runner.get_loop()
        asyncio.set_event_loop(theirs)
        assert returned(call) == "done"
        assert asyncio.get_event_loop() is theirs
    assert cancelled == [True]


def test_a_coroutine_that_raises_has_raised() -> None:
    async def call() -> None:
        raise LookupError

    assert type(outcome_of(call)) is Raised


def test_generators_are_gone_through_up_to_a_bound() -> None:
    taken, closed = [], []

    def numbers() -> Iterator[int]:
        try:
            number = 0
            while True:
                taken.append(number)
                yield number
                number += 1
        finally:
            closed.append(True)

    assert returned(numbers).gi_frame is None
    assert (len(taken), closed) == (MOST_ITEMS, [True])


def test_asynchronous_generators_too() -> None:
    taken = []

    async def numbers() -> AsyncIterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    assert returned(numbers).ag_frame is None
    assert len(taken) == MOST_ITEMS


def test_a_generator_may_raise_late() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        raise LookupError

    assert type(outcome_of(numbers)) is Raised
