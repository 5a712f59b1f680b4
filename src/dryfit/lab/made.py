"""What a trial makes in the project's own folder, and how it is taken away again where no undisturbed run leaves it.

A test that breaks off does not clear up. Nothing is taken away without a proof that the trial has made it: the
interpreter told that it was about to be made, and at that moment nothing had its name. What is not told of stays.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from dryfit.lab.file_events import HERE, FileEvents, is_below


class Made(FileEvents):
    """Notes in the file ``journal`` what a trial makes below ``root``, one trial after the other.

    It is a file so that it outlives the process of a trial that has to be ended.
    """

    def __init__(self, root: Path, journal: Path) -> None:
        super().__init__(root)
        self._steps["os.symlink"] = self._links
        self._journal = journal
        self._usual: set[str] = set()
        self._made: set[str] = set()
        self._found: set[str] = set()
        self._pid = 0
        self._is_on = self._is_undisturbed = False

    def listen(self) -> None:
        """From now on the interpreter tells this process."""
        self._pid = os.getpid()
        super().listen()

    def begin(self, *, undisturbed: bool) -> None:
        """A trial begins; of an undisturbed one nothing is taken away."""
        self._made, self._found = set(), set()
        self._is_undisturbed = undisturbed
        if not undisturbed:
            self._journal.write_bytes(b"")
        self._is_on = True

    def end(self) -> None:
        """Take away what the trial has left, or know in which folders an undisturbed one leaves something."""
        self._is_on = False
        if self._is_undisturbed:
            self._usual |= {os.path.dirname(path) for path in self._made if os.path.lexists(path)}
        elif os.getpid() == self._pid:  # and not a copy of this process, which the test has forked
            take_away(self._journal)

    def _links(self, target: object, path: object, base: int) -> None:
        if base == HERE:
            self._note(path)

    def _connects(self, database: object) -> None:
        if not (isinstance(database, str) and database.startswith(("file:", ":memory:"))):
            self._note(database)

    def _renames(self, old: object, new: object, base: int, other: int) -> None:
        """What the trial has made stays its own under another name; anything else is not its own under any."""
        source, target = self._inside(old), self._inside(new)
        if (base, other) == (HERE, HERE) and source in self._made:
            self._made.discard(source)
            self._note(new)
        elif target:
            self._disown(target)
        self._removes(old, base)

    def _removes(self, path: object, base: int = HERE) -> None:
        """What was there before the trial is none of what it has made, even if it makes it anew."""
        inside = self._inside(path)
        if inside and inside not in self._made and os.path.lexists(inside):
            self._disown(inside)

    def _disown(self, path: str) -> None:
        """What has this name, and all below it, is not the trial's, and never becomes it."""
        self._found.add(path)
        self._made -= {each for each in self._made if is_below(each, {path})}
        self._write("found", path)

    def _note(self, path: object) -> None:
        inside = self._inside(path)
        if inside and not is_below(inside, self._found) and not os.path.lexists(inside):
            self._made.add(inside)
            if os.path.dirname(inside) not in self._usual:
                self._write("made", inside)

    def _inside(self, path: object) -> str:
        """The same, but for what is a tool's."""
        found = super()._inside(path)
        parts = PurePath(found).relative_to(self._root).parts if found else ()
        return "" if any(part.startswith((".", "__pycache__")) for part in parts) else found

    def _write(self, what: str, path: str) -> None:
        if self._is_undisturbed:
            return
        # A descriptor that is kept may be closed by the test, and be that of another file then.
        line = os.open(self._journal, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(line, (json.dumps([what, path]) + "\n").encode())
        finally:
            os.close(line)


def take_away(journal: Path) -> None:
    """Take away what a trial has made, and forget it; a folder only where nothing else is in it."""
    for path in _told(journal):
        with suppress(OSError):
            mode = os.lstat(path).st_mode
            if stat.S_ISDIR(mode):
                os.rmdir(path)
            elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                os.unlink(path)
    with suppress(OSError):
        journal.unlink()


def _told(journal: Path) -> Sequence[str]:
    """What was made and was not there before, what lies in a folder before the folder."""
    lines = list(_lines(journal))
    found = {path for what, path in lines if what == "found"}
    paths = {path for what, path in lines if what == "made" and not is_below(path, found)}
    return sorted(paths, key=lambda path: (-len(path), path))


def _lines(journal: Path) -> Iterator[tuple[str, str]]:
    with suppress(OSError, ValueError):  # it may break off within a line
        for line in journal.read_text(encoding="utf-8").splitlines():
            what, path = json.loads(line)
            yield what, path
