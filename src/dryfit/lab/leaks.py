"""What a whole trial leaves behind: threads, tasks that nobody waits for, open files; compared with how it began."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from dryfit.lab.standing import let_go
from dryfit.model.trial import Leak, LeakKind

LAST_MOMENT = 0.05
"""So long, in seconds, a thread that a trial began may take to end by itself."""

Left = Counter[tuple[LeakKind, str]]

_POOLS = ("ThreadPoolExecutor-", "asyncio_", "AnyIO worker thread", "Dummy-", "dryfit", "pymongo", "OTel")
"""How threads are called that live on by design."""

_NUMBERS = re.compile(r"[0-9a-f]{8,}|\d+")
_NO_FILES = re.compile(r".*/\.dryfit/|/dev/null$|/proc/|(?!pipe)\w+:\[?")
"""Sockets are no files: pools and event loops keep them, and what a transaction or a connection is tells more."""


class Leftovers:
    """What there was when a trial began."""

    def __init__(self) -> None:
        self._tasks = {id(task) for task in _tasks()}
        self._threads = set(threading.enumerate())
        self._before = _now(self._threads, self._tasks)

    def leaks(self) -> tuple[Leak, ...]:
        """What there is now beyond that. Where there is more, garbage is collected first: that takes its time."""
        if self._more():
            let_go(_is_any)
            for thread in set(threading.enumerate()) - self._threads - {threading.current_thread()}:
                if not _is_pooled(thread):
                    thread.join(LAST_MOMENT)
        return tuple(sorted(Leak(kind, what, count) for (kind, what), count in self._more().items()))

    def _more(self) -> Left:
        return _now(self._threads, self._tasks) - self._before


def _is_any(file: str) -> bool:
    """By now the test's own frames are nobody's either."""
    return True


def _now(threads: set[threading.Thread], tasks: set[int]) -> Left:
    """Everything there is; ``threads`` and ``tasks`` are known already and left out."""
    return Counter(chain(_threads(threads), _new_tasks(tasks), _files()))


def _threads(known: set[threading.Thread]) -> Iterator[tuple[LeakKind, str]]:
    for thread in threading.enumerate():
        if thread not in known and not _is_pooled(thread):
            yield "thread", _NUMBERS.sub("", thread.name).replace("-", " ").strip() or "Thread"


def _is_pooled(thread: threading.Thread) -> bool:
    worker = concurrent.futures.thread._worker
    return thread.name.startswith(_POOLS) or getattr(thread, "_target", None) is worker


def _new_tasks(known: set[int]) -> Iterator[tuple[LeakKind, str]]:
    for task in _tasks():
        if id(task) not in known and not task.done():
            yield "task", getattr(task.get_coro(), "__qualname__", "coroutine")


def _tasks() -> Iterable[asyncio.Task[object]]:
    """Every task of every loop."""
    kept: Iterable[asyncio.Task[object]] | None = getattr(asyncio.tasks, "_scheduled_tasks", None)
    return list(kept if kept is not None else getattr(asyncio.tasks, "_all_tasks", ()))


def _files() -> Iterator[tuple[LeakKind, str]]:
    """Open file descriptors by what they lead to."""
    try:
        numbers = os.listdir("/proc/self/fd")
    except OSError:  # another system, or no descriptor left
        return
    for number in numbers:
        with suppress(OSError):  # the one of the listing itself
            target = os.readlink(f"/proc/self/fd/{number}")
            if not _NO_FILES.match(target):
                yield "file", _file(target)


def _file(target: str) -> str:
    if target.startswith("pipe:"):
        return "pipe"
    return _NUMBERS.sub("…", Path(target.removesuffix(" (deleted)")).name)
