"""What a task waits for: another operation, as far as that can be told, or something from outside of the program."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any, Literal, NamedTuple

from dryfit.model.seam import Place

Origin = Literal["inside", "outside", "open"]
"""Who completes a future: another task, input or output or a thread, or that cannot be told."""

_INSIDE = {f"asyncio.{module}" for module in ("locks", "queues", "tasks", "taskgroups", "timeouts")}
_OUTSIDE = {
    f"asyncio.{module}"
    for module in ("base_events", "futures", "selector_events", "sslproto", "streams", "unix_events")
}
_ANYIO = "anyio._backends._asyncio"
_ANYIO_INSIDE = ("CapacityLimiter.", "Lock.", "Semaphore.", "TaskGroup.")
_THREAD = "AsyncIOBackend.run_sync_in_worker_thread"
_ANYIO_OUTSIDE = (
    _THREAD,
    "AsyncIOBackend.wait_",
    "ConnectedU",
    "Process.",
    "SocketStream.",
    "StreamReaderWrapper.",
    "TCPSocketListener.",
    "UDPSocket.",
    "UNIXS",
)
_DRIVERS = {
    "aio_pika", "aiohttp", "aiokafka", "aiomysql", "aiormq", "aiosmtplib", "aiosqlite", "asyncmy", "asyncpg", "grpc",
    "httpcore", "motor", "nats", "psycopg", "pymongo", "redis", "websockets",
}  # fmt: skip
"""Libraries whose own futures are completed by their servers; they wait for their pools by asyncio's means."""

_FRAMED = (AsyncGeneratorType, CoroutineType, GeneratorType)
_ACQUIRE = asyncio.Lock.acquire.__code__
_WAITING = {
    function.__code__: name
    for function, name in ((asyncio.tasks._wait, "fs"), (asyncio.wait_for, "fut"))  # type: ignore[attr-defined]
}
"""What waits for other futures by one of its own, and what it calls them."""


def origin(module: str, task: asyncio.Task[Any]) -> Origin:
    """Who completes a future that a task waits for; the module made it, or is "" where that is not known."""
    frames = [(str(frame.f_globals.get("__name__")), frame.f_code.co_qualname) for frame in frames_of(task)]
    anyio = [name for of, name in frames if of == _ANYIO]
    if any(name.startswith(_ANYIO_OUTSIDE) for name in anyio):
        return "outside"
    if not module and frames:
        module = frames[-1][0]
    if module in _INSIDE or (module == _ANYIO and any(name.startswith(_ANYIO_INSIDE) for name in anyio)):
        return "inside"
    if module in _OUTSIDE or any(is_of_driver(of) for of, _ in frames):
        return "outside"
    return "open"


def comes_over_socket(future: asyncio.Future[Any], module: str, task: asyncio.Task[Any]) -> bool:
    """Whether it is input or output that completes a future, and neither another task nor a thread."""
    if module == "asyncio.futures" or isinstance(future, (asyncio.Task, asyncio.tasks._GatheringFuture)):  # type: ignore[attr-defined]
        return False
    if any(_is_of_thread(frame) for frame in frames_of(task)):
        return False
    return origin(module, task) == "outside"


def _is_of_thread(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__"))
    return module.startswith("aiosqlite.") or (
        module == _ANYIO and frame.f_code.co_qualname.startswith(_THREAD)
    )


def is_of_driver(module: str) -> bool:
    """Whether a module belongs to a library that talks to servers."""
    return module.partition(".")[0] in _DRIVERS


class Stand(NamedTuple):
    """Where a task stands: the innermost place in the components' code, what it awaits there, the lock if it is one.

    What it awaits is a function, or where none is called there the components' own one; ``way`` leads to it from the
    components' outermost function on: ``price → fetch → sleep``.
    """

    what: str
    place: Place | None
    lock: asyncio.Lock | None
    way: str


def stand(task: asyncio.Task[Any], place: Callable[[FrameType], Place | None]) -> Stand:
    """Where a task that is suspended stands."""
    own, way, inner, found, lock = "", "", "", None, None
    for frame in frames_of(task):
        code = frame.f_code
        own, here = code.co_qualname, place(frame)
        if here is not None:
            if found is not None:
                way = f"{way}{own} → "
            found, inner = here, ""
        elif not inner or inner.startswith("_") or "<locals>" in inner:  # what no program calls itself
            inner = own
        if code is _ACQUIRE:
            lock = frame.f_locals.get("self")
    inner = inner.lstrip("_")
    return Stand(inner or own, found, lock, f"{way}{inner}".removesuffix(" → ") or own)


def waited_for(task: asyncio.Task[Any], place: Callable[[FrameType], Place | None]) -> list[object]:
    """The objects of libraries by which a suspended task waits: a pool, and the queue that it has within."""
    found: list[object] = []
    for frame in frames_of(task):
        if place(frame) is not None:
            found.clear()
        elif (used := frame.f_locals.get("self")) is not None:
            found.append(used)
    return found


def awaited(task: asyncio.Task[Any]) -> Iterator[asyncio.Future[Any]]:
    """The futures by which a task can go on, those that ``gather`` and ``wait`` stand for included."""
    future = task._fut_waiter  # type: ignore[attr-defined]
    if future is None:
        return
    yield future
    if isinstance(future, asyncio.tasks._GatheringFuture):  # type: ignore[attr-defined]
        yield from future._children
    for frame in frames_of(task):
        if frame.f_code in _WAITING:
            yield from _futures(frame.f_locals.get(_WAITING[frame.f_code]))


def _futures(found: object) -> Iterable[asyncio.Future[Any]]:
    candidates = found if isinstance(found, (set, list, tuple)) else (found,)
    return [each for each in candidates if isinstance(each, asyncio.Future)]


def frames_of(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """The frames of what is suspended, from the task's own inwards."""
    suspended: object = task.get_coro()
    # Nearly always all of them are.
    while isinstance(suspended, CoroutineType) and suspended.cr_frame is not None:
        yield suspended.cr_frame
        suspended = suspended.cr_await
    while suspended is not None:
        for kind, following in (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await")):
            frame = getattr(suspended, f"{kind}_frame", None)
            if frame is not None:
                yield frame
                suspended = getattr(suspended, following, None)
                break
        else:
            suspended = _stood_for(suspended)


def _stood_for(suspended: object) -> object:
    """What goes on where an object without a frame is awaited: a generator's step, a coroutine's ``__await__``."""
    return next((each for each in gc.get_referents(suspended) if isinstance(each, _FRAMED)), None)
