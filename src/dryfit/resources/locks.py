"""Locks between processes: a file that is locked by whoever is at it, and is gone when nobody needs it any more.

Whoever holds the lock may remove the file. So a lock counts only if its file still stands where it was opened:
otherwise others may have made, and locked, another one there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for the lock, and hold it."""
    while True:
        with path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if stands(lock, path):
                yield
                return


def sweep(path: Path) -> bool:
    """Remove a lock that nobody holds or waits for, and that is nothing but a lock: an empty file of this user's."""
    with suppress(OSError), open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW)) as lock:
        found = os.fstat(lock.fileno())
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if found.st_size == 0 and found.st_uid == os.geteuid() and stands(lock, path):
            path.unlink()
            return True
    return False


def stands(lock: IO[str], path: Path) -> bool:
    """Whether the file that was opened is the one that stands there now."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock.fileno()), os.lstat(path))
    return False
