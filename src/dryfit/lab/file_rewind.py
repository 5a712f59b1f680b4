"""Puts files back to what they were before an operation opened them for writing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dryfit.lab import files


class FileRewind:
    """``Rewind`` of the files that are opened from now on; none is known when it is taken.

    Only what ``is_ours`` says to be the tests' own is ever written or removed: of any other file nobody knows who else
    is writing to it.
    """

    def __init__(self, is_ours: Callable[[Path], bool]) -> None:
        self._is_ours = is_ours
        self._kept: dict[Path, bytes | None] = {}
        self._obstacle = ""

    def opening(self, path: Path) -> None:
        """Remember what is in a file that is about to be opened for writing for the first time."""
        if path in self._kept:
            return
        with suppress(OSError):
            if path.exists() and not path.is_file():
                return  # a pipe, a terminal
            if path.exists() and not self._is_ours(path):
                self._obstacle = _theirs(path)
            elif path.is_file() and path.stat().st_size > files.MOST_BYTES:
                self._obstacle = (
                    f"{path.name} has more than {files.MOST_BYTES >> 20} MB, and is not remembered"
                )
            else:
                self._kept[path] = path.read_bytes() if path.exists() else None

    def take(self) -> str:
        """Nothing is open yet."""
        return ""

    def back(self) -> str:
        """Write back what was there; why that cannot be, or ""."""
        if self._obstacle:
            return self._obstacle
        try:
            for path, content in self._kept.items():
                if path.exists() and not self._is_ours(path):
                    return _theirs(path)
                _put(path, content)
        except OSError as error:
            return f"{error.filename} cannot be set back: {error.strerror}"
        return ""


def _theirs(path: Path) -> str:
    return f"{path} is not among the tests' temporary files, and is not set back"


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
