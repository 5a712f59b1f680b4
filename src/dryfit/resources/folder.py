"""A directory that one worker has for itself, and that is removed in any case."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from dryfit.resources import places
from dryfit.resources.guard import directory as guard
from dryfit.resources.guard import register
from dryfit.resources.server import ALIVE


class Folder:
    """A marked, empty directory at ``path``, in memory where there is room.

    Where its process is killed, the next one that makes a folder removes it: nobody holds its lock any more.
    """

    def __init__(self, name: str) -> None:
        _sweep()
        self._home = places.new_home(name, in_memory=True)
        self._alive = _locked(self._home)
        self._mark, self.path = guard.create(self._home)

    def empty(self) -> None:
        """Remove all that is in it; raises ``ResourceError`` if it has become something else meanwhile."""
        guard.empty(self._mark, self.path)

    def close(self) -> None:
        """Remove the directory."""
        guard.remove(self._mark, self.path)
        os.close(self._alive)
        shutil.rmtree(self._home)


def _locked(home: Path) -> int:
    lock = os.open(home / "claim", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    (home / "claim").rename(home / ALIVE)  # nobody sees it unlocked
    return lock


def _sweep() -> None:
    base = places.runtime(in_memory=True)
    for alive in base.glob(f"*/{ALIVE}"):
        with suppress(OSError), alive.open("r") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(alive.parent, ignore_errors=True)
    for entry in register.entries("directory", str(base.stat().st_dev)):
        if entry.owner and not entry.owner.lives:
            register.forget(entry.mark)
