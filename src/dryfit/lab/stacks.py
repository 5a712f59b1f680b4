"""Where the threads and the tasks of a process stand, written down by itself when it is asked by signals."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CoroutineType, FrameType
from typing import TextIO

from dryfit.model.clock import Clock

THREADS_SECONDS, TASKS_SECONDS = 0.5, 0.1
POLL_SECONDS = 0.01

_LAST = int(getattr(signal, "SIGRTMAX", signal.SIGUSR2))
THREADS_SIGNAL, TASKS_SIGNAL = _LAST - 3, _LAST - 4
"""Signals that hardly any program uses; the first is answered wherever a process is, the second only by Python code."""

_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')
_THREAD = re.compile(r"(?:Current thread|Thread) ")
_TASK = "Task\n"
ANOTHER = "another thread:"
_OWN = re.escape(str(Path(__file__).parents[1]))
_MACHINERY = re.compile(rf"{_OWN}[/\\]|.*-packages[/\\](_pytest|pluggy)[/\\]|<")

Frames = list[tuple[str, bool]]
"""What is shown of each frame, the innermost first, and whether it is the project's own."""


@contextmanager
def answering(file: Path) -> Iterator[None]:
    """Write to ``file`` whenever this process is asked where it stands."""
    with file.open("w") as answers:
        faulthandler.register(THREADS_SIGNAL, answers, all_threads=True, chain=False)
        before = signal.signal(TASKS_SIGNAL, lambda *_: _tell_tasks(answers))
        try:
            yield
        finally:
            signal.signal(TASKS_SIGNAL, before)
            faulthandler.unregister(THREADS_SIGNAL)


def ask(pid: int, file: Path, root: Path) -> tuple[str, ...]:
    """Let a process write down where it stands, and read that: lines from the innermost frame outwards.

    Tasks of the project at ``root`` that wait come first, then the thread that runs the test, then other threads that
    are in the project, each below a line that says so. Empty where the process does not answer.
    """
    threads = _answer(pid, THREADS_SIGNAL, file, THREADS_SECONDS)
    tasks = _answer(pid, TASKS_SIGNAL, file, TASKS_SECONDS)
    *others, main = [_frames(part, root) for part in _THREAD.split(threads)[1:]] or [[]]
    waiting = [_frames(part, root) for part in tasks.split(_TASK)[1:]]
    return tuple(_told(main, [task for task in waiting if _is_own(task)], filter(_is_own, others)))


def _told(main: Frames, tasks: list[Frames], threads: Iterator[Frames]) -> Iterator[str]:
    for number, task in enumerate(tasks):
        yield from ["another task:"] if number else []
        yield from (place for place, _ in task)
    if tasks and main:
        yield "the thread that runs them:"
    yield from (place for place, _ in main)
    for thread in threads:
        yield ANOTHER
        yield from (place for place, _ in thread)


def _answer(pid: int, number: int, file: Path, seconds: float) -> str:
    """What comes to stand in a file after a signal, until it grows no more."""
    try:
        size = known = file.stat().st_size
        os.kill(pid, number)
    except OSError:
        return ""
    deadline = Clock.monotonic() + seconds
    while Clock.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        before, size = size, file.stat().st_size
        if size == before > known:
            break
    with suppress(OSError):
        return file.read_bytes()[known:].decode(errors="replace")
    return ""


def _frames(text: str, root: Path) -> Frames:
    """The frames of one thread or task without the machinery's."""
    return [_shown(found, root) for found in _FRAME.finditer(text) if not _MACHINERY.match(found["file"])]


def _shown(found: re.Match[str], root: Path) -> tuple[str, bool]:
    path = Path(found["file"])
    is_own = path.is_relative_to(root) and "site-packages" not in path.parts
    name = path.relative_to(root).as_posix() if is_own else str(path)
    return f"{name}:{found['line']} in {found['function']}", is_own


def _is_own(frames: Frames) -> bool:
    return any(is_own for _, is_own in frames)


def _tell_tasks(file: TextIO) -> None:
    """Write down what the tasks of this thread's event loop wait for, as faulthandler writes threads down."""
    import asyncio  # whoever only asks does without

    with suppress(RuntimeError):  # there is no loop that runs
        for task in asyncio.all_tasks():
            frames = reversed(list(_awaited(task.get_coro())))
            file.write(_TASK)
            file.writelines(
                f'  File "{frame.f_code.co_filename}", line {frame.f_lineno} in {frame.f_code.co_name}\n'
                for frame in frames
            )
    file.flush()


def _awaited(coroutine: Coroutine[object, object, object] | object) -> Iterator[FrameType]:
    """The frames of a coroutine and of those that it waits for, the outermost first."""
    while isinstance(coroutine, CoroutineType):
        if coroutine.cr_frame is not None:
            yield coroutine.cr_frame
        coroutine = coroutine.cr_await
