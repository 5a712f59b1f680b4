"""Where the threads of a process stand, as ``faulthandler`` writes it down."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

WRITING_SECONDS = 0.5
POLL_SECONDS = 0.01

_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')
_THREAD = re.compile(r"(Current thread|Thread) ")
_MACHINERY = re.compile(r"[/\\](_pytest|pluggy|dryfit)[/\\]|^<")


def ask(pid: int, number: int, file: Path, root: Path) -> tuple[str, ...]:
    """Let a process write down where it stands, and read that: lines from the innermost frame outwards.

    The thread that runs the test comes first; other threads follow below a line that says so, where they are in the
    project at ``root``. Empty where the process does not answer.
    """
    try:
        known = file.stat().st_size
        os.kill(pid, number)
    except OSError:
        return ()
    return tuple(_told(_written(file, known), root))


def _written(file: Path, known: int) -> str:
    """What comes to stand in a file behind ``known`` bytes, until it grows no more."""
    deadline = time.monotonic() + WRITING_SECONDS
    size = known
    while time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        before, size = size, file.stat().st_size
        if size == before > known:
            break
    with suppress(OSError):
        return file.read_bytes()[known:].decode(errors="replace")
    return ""


def _told(text: str, root: Path) -> Iterator[str]:
    threads = [list(_frames(part, root)) for part in _THREAD.split(text)[2::2]]
    if threads:
        *others, main = threads  # faulthandler begins with the youngest thread
        yield from (place for place, _ in main)
        for thread in others:
            if any(is_own for _, is_own in thread):
                yield "another thread:"
                yield from (place for place, _ in thread)


def _frames(text: str, root: Path) -> Iterator[tuple[str, bool]]:
    """The frames of one thread without the machinery's, and whether they are the project's own."""
    for found in _FRAME.finditer(text):
        if not _MACHINERY.search(found["file"]):
            path = Path(found["file"])
            is_own = path.is_relative_to(root) and "site-packages" not in path.parts
            shown = path.relative_to(root).as_posix() if is_own else str(path)
            yield f"{shown}:{found['line']} in {found['function']}", is_own
