"""Calls a function of the tests out of their order, so that nothing of it reaches the session."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sys
import types
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from itertools import islice
from typing import Any, TypeVar

from dryfit.model.outcome import Outcome, Raised, Returned

MOST_ITEMS = 100
"""How many items of a generator are taken."""

_T = TypeVar("_T")


def outcome_of(call: Callable[[], object]) -> Outcome:
    """Make a call to its end: coroutines are awaited, generators gone through.

    Whatever it raises is its outcome, ``SystemExit`` too; only ``KeyboardInterrupt`` is the user's.
    """
    try:
        with _quietly():
            return Returned(_finished(call()))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a fake raises is what it was asked for
        return Raised(error)


def _finished(value: object) -> object:
    """The value, or the generator that was gone through."""
    if type(value) is types.CoroutineType:
        return _finished(_awaited(value))
    if type(value) is types.GeneratorType:
        with contextlib.closing(value):
            list(islice(value, MOST_ITEMS))
    elif type(value) is types.AsyncGeneratorType:
        _awaited(_gone_through(value))
    return value


async def _gone_through(generator: AsyncGenerator[Any, Any]) -> None:
    async with contextlib.aclosing(generator):
        left = MOST_ITEMS
        async for _ in generator:
            left -= 1
            if left <= 0:
                break


def _awaited(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run it in an event loop of its own; the one that the tests have set stays theirs."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        with contextlib.closing(loop), contextlib.suppress(Exception):  # these are no outcome of the call
            loop.run_until_complete(_cancelled(asyncio.all_tasks(loop)))
            loop.run_until_complete(loop.shutdown_asyncgens())


async def _cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Nothing to read, and nobody who listens."""
    stdin, disabled = sys.stdin, logging.root.manager.disable
    sink = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink):
        warnings.simplefilter("ignore")
        sys.stdin = io.StringIO()
        logging.disable()
        try:
            yield
        finally:
            sys.stdin = stdin
            logging.disable(disabled)
