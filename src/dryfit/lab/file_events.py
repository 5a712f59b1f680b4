"""What the interpreter tells of files and folders that are about to be made, renamed or removed: its audit events."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Set
from contextlib import suppress
from pathlib import Path, PurePath

HERE = -1
"""As ``dir_fd`` in an audit event: a path is relative to the working directory."""


class FileEvents(ABC):
    """Hears of what is made, renamed and removed below ``root``, as long as ``_is_on``.

    What programs do that the test has started, or libraries written in C (but SQLite), is not told of.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = os.path.realpath(root)
        self._is_on = True
        self._steps: dict[str, Callable[..., None]] = {
            "open": self._opens,
            "os.mkdir": self._makes_folder,
            "os.rename": self._renames,
            "os.remove": self._removes,
            "os.rmdir": self._removes,
            "sqlite3.connect": self._connects,
        }

    def listen(self) -> None:
        """From now on the interpreter tells; that cannot be taken back, so it is for a process that runs trials."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        # It is called for each import, each frame that is asked for and much more.
        if self._is_on and (step := self._steps.get(event)) is not None:
            with suppress(OSError, ValueError):
                step(*arguments)

    def _opens(self, path: object, mode: object, flags: int) -> None:
        if flags & os.O_CREAT:
            self._note(path)

    def _makes_folder(self, path: object, mode: int, base: int) -> None:
        if base == HERE:
            self._note(path)

    @abstractmethod
    def _note(self, path: object) -> None:
        """It is about to be made, where nothing has its name yet."""

    @abstractmethod
    def _connects(self, database: object) -> None:
        """SQLite is about to open a database, or to make it."""

    @abstractmethod
    def _renames(self, old: object, new: object, base: int, other: int) -> None:
        """It is about to get another name."""

    @abstractmethod
    def _removes(self, path: object, base: int = HERE) -> None:
        """It is about to go."""

    def _inside(self, path: object) -> str:
        """The whole path of what lies in the folder; else ""."""
        if not isinstance(path, str | bytes | PurePath):
            return ""  # a descriptor, or a class of the user's
        whole = os.path.abspath(os.fsdecode(path))
        found = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        return found if is_below(found, {self._root}) and found != self._root else ""


def is_below(path: str, others: Set[str]) -> bool:
    """Whether a path is one of the others, or lies in it."""
    return not others.isdisjoint((path, *map(str, PurePath(path).parents)))
