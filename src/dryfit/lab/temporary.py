"""Which temporary files are the tests' own: those in their folder, and those that this process itself has made."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

_HERE = -1
"""As ``dir_fd`` in an audit event: a path is relative to the working directory."""


class Temporary:
    """Knows what this process, or the one that it is a copy of, has made in the folder for temporary files.

    The folder is everybody's, so nothing counts without a proof: the interpreter told that a file or folder was about
    to be made (an audit event), and at that moment nothing had its name. What programs make that the test has started,
    or libraries written in C (but SQLite), is not told of. All below ``folder`` is the tests' own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = os.path.realpath(tempfile.gettempdir())
        self._made: set[str] = set()
        self._theirs: set[str] = set()
        self._steps: Mapping[str, Callable[..., None]] = {
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

    def holds(self, path: Path) -> bool:
        """Whether a file, which need not be there yet, is nobody else's."""
        found = path.resolve()
        return found.is_relative_to(self._folder.resolve()) or self._is_ours(str(found))

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        # It is called for each import, each frame that is asked for and much more.
        if (step := self._steps.get(event)) is not None:
            with suppress(OSError, ValueError):
                step(*arguments)

    def _opens(self, path: object, mode: object, flags: int) -> None:
        if flags & os.O_CREAT:
            self._note(path)

    def _makes_folder(self, path: object, mode: int, base: int) -> None:
        if base == _HERE:
            self._note(path)

    def _connects(self, database: object) -> None:
        if isinstance(database, str) and database.startswith("file:"):
            database = unquote(urlsplit(database).path)
        self._note(database)

    def _renames(self, old: object, new: object, base: int, other: int) -> None:
        """What is ours stays so under a name that nobody had; under another's name nothing becomes ours."""
        source, target = self._inside(old), self._inside(new)
        if (base, other) != (_HERE, _HERE):
            return
        if self._is_ours(source):
            self._note(target)
        else:
            self._made.discard(target)
        self._removes(old)

    def _removes(self, path: object, base: int = _HERE) -> None:
        """Whoever makes it anew, it may be somebody else; what was somebody else's never becomes ours."""
        inside = self._inside(path) if base == _HERE else ""
        if inside and not self._is_ours(inside) and os.path.lexists(inside):
            self._theirs.add(inside)
        self._made.discard(inside)

    def _note(self, path: object) -> None:
        inside = self._inside(path)
        if (
            inside
            and inside not in self._theirs
            and not self._is_ours(inside)
            and not os.path.lexists(inside)
        ):
            self._made.add(inside)

    def _is_ours(self, path: str) -> bool:
        return not self._made.isdisjoint((path, *map(str, PurePath(path).parents)))

    def _inside(self, path: object) -> str:
        """The whole path of what lies in the folder for temporary files; else ""."""
        if not isinstance(path, str | bytes | PurePath):
            return ""  # a descriptor, or a class of the user's
        whole = os.path.abspath(os.fsdecode(path))
        found = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        return found if found.startswith(self._root + os.sep) else ""
