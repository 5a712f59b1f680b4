"""What an entry leaves running or open beyond the test: threads, tasks and processes nobody waits for, files."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from dryfit.lab.loop_tasks import LoopTasks
from dryfit.lab.standing import let_go
from dryfit.model.clock import Clock
from dryfit.model.trial import Leak, LeakKind
from dryfit.weave import Weave
from dryfit.weave.trampoline import own_file

LAST_MOMENT = 0.05
"""So long, in seconds, a thread that a trial began may take to end by itself."""

POLL_SECONDS = 0.01

MOST_TURNS = 10
"""So many turns of its loop a task may take to end by itself."""

MOST_BYTES = 1 << 16

_ALL_KINDS = 0x40000000
"""Linux's ``__WALL``: also children that do not tell of their end by a signal."""

MOST_NAMES = 1 << 10

_POOLS = ("ThreadPoolExecutor-", "asyncio_", "AnyIO worker thread", "Dummy-", "dryfit", "pymongo", "OTel")
"""How threads are called that live on by design."""

_NUMBERS = re.compile(r"[0-9a-f]{8,}|\d+")
_NO_FILES = re.compile(r".*/\.dryfit/|/dev/null$|/proc/|(?!pipe)\w+:\[?")
"""Sockets are no files: pools and event loops keep them, and what a transaction or a connection is tells more."""


Thing = tuple[LeakKind, str, int]
"""What there is, how it is called in every trial, and what tells it from others."""


class Leftovers:
    """What the program began while an entry ran; what tests and their servers begin is their own affair."""

    def __init__(self, weave: Weave, loop_tasks: LoopTasks) -> None:
        self._weave = weave
        self._loop_tasks = loop_tasks
        self._begun: set[Thing] = set()
        self._cut_off: set[Thing] = set()

    def now(self) -> frozenset[Thing]:
        """Everything that there is as an entry begins."""
        return frozenset((*self._threads(), *self._tasks(), *_files(), *_processes()))

    def left(self, before: frozenset[Thing]) -> None:
        """The entry has ended."""
        self._begun.update(self.now() - before)

    def closing(self, loop: asyncio.AbstractEventLoop) -> None:
        """A loop of the tests is about to be closed: what still runs in it was left behind, and is ended only now."""
        begun = {each for each in self._begun if each[0] == "task"}
        for _ in range(MOST_TURNS):
            running = {id(task) for task in asyncio.all_tasks(loop)} if begun else set()
            begun = {each for each in begun if each[2] in running}
            if not begun:
                return
            loop.run_until_complete(asyncio.sleep(0))
        self._cut_off |= begun

    def leaks(self) -> tuple[Leak, ...]:
        """What of it is still there. Where there is any, garbage is collected first: that takes its time."""
        if not self._begun:
            return ()
        if self._begun & self.now():
            let_go(_is_any)
            begun = {number for kind, _, number in self._begun if kind == "thread"}
            for thread in threading.enumerate():
                if id(thread) in begun and thread is not threading.current_thread():
                    thread.join(LAST_MOMENT)
        left = (self._begun & self.now()) | self._cut_off
        counted = Counter((kind, what or _program(number)) for kind, what, number in left)
        return tuple(sorted(Leak(kind, what, count) for (kind, what), count in counted.items()))

    def _threads(self) -> Iterator[Thing]:
        for thread in threading.enumerate():
            if self._weave.started(thread) and not _is_pooled(thread):
                yield (
                    "thread",
                    _NUMBERS.sub("", thread.name).replace("-", " ").strip() or "Thread",
                    id(thread),
                )

    def _tasks(self) -> Iterator[Thing]:
        for task in self._loop_tasks.all():
            coroutine: object = task.get_coro()
            code = getattr(coroutine, "cr_code", None)
            if not task.done() and code is not None and self._is_ours(code.co_filename):
                yield "task", getattr(coroutine, "__qualname__", "coroutine"), id(task)

    def _is_ours(self, file: str) -> bool:
        # The coroutine that stands for a woven function has the function's file in its own name.
        return self._weave.component_of(own_file(file)) is not None


def _is_any(file: str) -> bool:
    """By now the test's own frames are nobody's either."""
    return True


def _is_pooled(thread: threading.Thread) -> bool:
    worker = concurrent.futures.thread._worker
    return thread.name.startswith(_POOLS) or getattr(thread, "_target", None) is worker


def _files() -> Iterator[Thing]:
    """Open file descriptors by what they lead to."""
    for number in _listed("/proc/self/fd"):  # none on another system, or where no descriptor is left
        with suppress(OSError):  # the one of the listing itself
            target = os.readlink(f"/proc/self/fd/{number}")
            if name := _file(target):
                yield "file", name, int(number)


def _processes() -> Iterator[Thing]:
    """Child processes, also those that have ended and that nobody has waited for, where the system lists them.

    Without a name: in its first moment a process bears that of the one that has started it.
    """
    threads = _listed("/proc/self/task")
    for thread in threads if threads and _has_children() else ():
        with suppress(OSError):  # it has ended
            for child in _content(f"/proc/self/task/{thread}/children").split():
                yield "process", "", int(child)


def _has_children() -> bool:
    """Whether there may be any: most often there are none, and one question is enough."""
    with suppress(OSError):  # ``ECHILD``; whoever is told of is waited for by somebody else
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | _ALL_KINDS)
        return True
    return False


def _content(file: str) -> bytes:
    """Of a small file of the system's: twice for each entry and thread, so without the layers of ``open``."""
    number = os.open(file, os.O_RDONLY)
    try:
        return os.read(number, MOST_BYTES)
    finally:
        os.close(number)


def _program(number: int) -> str:
    """What a process runs, once it has begun to."""
    place = Path(f"/proc/{number}")
    deadline = Clock.monotonic() + LAST_MOMENT
    with suppress(OSError):
        while not (place / "cmdline").read_bytes() and Clock.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # it has ended, or is still on its way there
        return (place / "comm").read_text().strip()
    return "process"


def _listed(folder: str) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)
    return []


@lru_cache(MOST_NAMES)
def _file(target: str) -> str:
    """How what a descriptor leads to is called in every trial; "" where it is no file."""
    if _NO_FILES.match(target):
        return ""
    if target.startswith("pipe:"):
        return "pipe"
    return _NUMBERS.sub("…", Path(target.removesuffix(" (deleted)")).name)
