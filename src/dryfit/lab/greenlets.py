"""Calls of SQLAlchemy's asynchronous engines: made by plain functions in a greenlet, and awaited by the one below."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

__tracebackhide__ = True  # pytest leaves the frames of this module out of its tracebacks

_UTIL = "sqlalchemy.util.concurrency"


def are_here() -> bool:
    """Whether what runs here may have a coroutine awaited.

    SQLAlchemy is not asked where nobody has imported greenlet: it would, and that need not be installed.
    """
    is_asked = sys.modules.get("greenlet") is not None and hasattr(sys.modules.get(_UTIL), "in_greenlet")
    return is_asked and _util().in_greenlet()


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
