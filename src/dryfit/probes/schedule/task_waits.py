"""What a task waits for: another operation, as far as that can be told, or something from outside of the program."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any, Literal, NamedTuple

from dryfit.model.seam import Place

Origin = Literal["inside", "outside", "open"]
"""Who completes a future: another task, input or output or a thread, or that cannot be told."""


def _files(*modules: str) -> frozenset[str | None]:
    return frozenset(importlib.import_module(f"asyncio.{module}").__file__ for module in modules)


_INSIDE = _files("locks", "queues", "tasks", "taskgroups", "timeouts")
_OUTSIDE = _files("base_events", "futures", "selector_events", "sslproto", "streams", "unix_events")
_ACQUIRE = asyncio.Lock.acquire.__code__
_WAITING = {
    function.__code__: name for function, name in ((asyncio.tasks._wait, "fs"), (asyncio.wait_for, "fut"))  # type: ignore[attr-defined]
}
"""What waits for other futures by one of its own, and what it calls them."""


def origin(code: CodeType | None) -> Origin:
    """Who completes the futures that this code makes."""
    if code is not None and code.co_filename in _INSIDE:
        return "inside"
    return "outside" if code is not None and code.co_filename in _OUTSIDE else "open"


class Stand(NamedTuple):
    """Where a task stands: what it awaits, the innermost place in the components' code, and the lock if it is one."""

    what: str
    place: Place | None
    lock: asyncio.Lock | None


def stand(task: asyncio.Task[Any], place: Callable[[FrameType], Place | None]) -> Stand:
    """Where a task that is suspended stands."""
    what, found, lock = "", None, None
    for frame in _frames(task.get_coro()):
        what = frame.f_code.co_qualname
        found = place(frame) or found
        if frame.f_code is _ACQUIRE:
            lock = frame.f_locals.get("self")
    return Stand(what, found, lock)


def awaited(task: asyncio.Task[Any]) -> Iterator[asyncio.Future[Any]]:
    """The futures by which a task can go on, those that ``gather`` and ``wait`` stand for included."""
    future = task._fut_waiter  # type: ignore[attr-defined]
    if future is None:
        return
    yield future
    if isinstance(future, asyncio.tasks._GatheringFuture):  # type: ignore[attr-defined]
        yield from future._children
    for frame in _frames(task.get_coro()):
        if frame.f_code in _WAITING:
            yield from _futures(frame.f_locals.get(_WAITING[frame.f_code]))


def _futures(found: object) -> Iterable[asyncio.Future[Any]]:
    candidates = found if isinstance(found, (set, list, tuple)) else (found,)
    return [each for each in candidates if isinstance(each, asyncio.Future)]


def _frames(coroutine: object) -> Iterator[FrameType]:
    """The frames of what is suspended, from the task's own inwards; not those below an asynchronous generator."""
    while coroutine is not None:
        for kind, following in (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await")):
            frame = getattr(coroutine, f"{kind}_frame", None)
            if frame is not None:
                yield frame
                coroutine = getattr(coroutine, following, None)
                break
        else:
            return
