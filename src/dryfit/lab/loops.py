"""Threads that have tasks in a loop of another one, and a loop's task that waits for a thread."""

from __future__ import annotations

import asyncio
from _thread import start_new_thread
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_task(loop: asyncio.AbstractEventLoop, function: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine function as a task of a loop that another thread runs, and wait for what comes of it."""
    return asyncio.run_coroutine_threadsafe(function(), loop).result()


async def in_thread(do: Callable[[], Result]) -> Result:
    """Do something in a thread of its own, in this context, while the loop goes on."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def work() -> None:
        try:
            result = do()
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            tell(done.set_exception, error)
        else:
            tell(done.set_result, result)

    def tell(how: Callable[[Any], None], what: object) -> None:
        loop.call_soon_threadsafe(lambda: None if done.done() else how(what))

    start_new_thread(copy_context().run, (work,))
    return await done
