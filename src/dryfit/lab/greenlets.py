"""Calls of SQLAlchemy's asynchronous engines: made by plain functions in a greenlet, and awaited by the one below."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

_UTIL = "sqlalchemy.util.concurrency"


def are_here() -> bool:
    """Whether what runs here may have a coroutine awaited."""
    util = sys.modules.get(_UTIL)
    if (
        util is None or sys.modules.get("greenlet") is None
    ):  # it need not be installed, and SQLAlchemy would import it
        return False
    return hasattr(util, "in_greenlet") and util.in_greenlet()


def awaitable(do: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    """A call that has coroutines awaited, as an asynchronous one."""
    return partial(_spawned, do)


def awaited(coroutine: Awaitable[object]) -> object:
    """Have a coroutine awaited; what comes of it."""
    return _util().await_only(coroutine)


async def _spawned(do: Callable[[], object]) -> object:
    return await _util().greenlet_spawn(do)


def _util() -> Any:
    return sys.modules[_UTIL]
