"""Which temporary files are the tests' own: those in their folder, and those that this process itself has made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dryfit.lab.file_events import HERE, FileEvents, is_below


class Temporary(FileEvents):
    """Knows what this process, or the one that it is a copy of, has made in the folder for temporary files.

    The folder is everybody's, so nothing counts without a proof: the interpreter told that a file or folder was about
    to be made, and at that moment nothing had its name. All below ``folder`` is the tests' own.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(tempfile.gettempdir())
        self._folder = folder
        self._made: set[str] = set()
        self._theirs: set[str] = set()

    def holds(self, path: Path) -> bool:
        """Whether a file, which need not be there yet, is nobody else's."""
        found = path.resolve()
        return found.is_relative_to(self._folder.resolve()) or self._is_ours(str(found))

    def _connects(self, database: object) -> None:
        if isinstance(database, str) and database.startswith("file:"):
            database = unquote(urlsplit(database).path)
        self._note(database)

    def _renames(self, old: object, new: object, base: int, other: int) -> None:
        """What is ours stays so under a name that nobody had; under another's name nothing becomes ours."""
        source, target = self._inside(old), self._inside(new)
        if (base, other) != (HERE, HERE):
            return
        if self._is_ours(source):
            self._note(target)
        else:
            self._made.discard(target)
        self._removes(old)

    def _removes(self, path: object, base: int = HERE) -> None:
        """Whoever makes it anew, it may be somebody else; what was somebody else's never becomes ours."""
        inside = self._inside(path) if base == HERE else ""
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
        return is_below(path, self._made)
