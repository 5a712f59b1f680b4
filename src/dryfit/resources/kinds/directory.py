"""A directory: empty, or with the files that the project seeds it with."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.folder import Folder
from dryfit.resources.in_process import InProcessKind
from dryfit.resources.kind import Option

SAMPLE = 3
SETTLING_NS = 50_000_000
"""A file that was changed so shortly before it was looked at may be changed again without new times.

Kernels take a file's times from a clock that ticks every 1 to 10 ms; git knows this as "racily clean".
"""


@dataclass(frozen=True, slots=True)
class DirectoryHandle(Handle):
    """``url`` is the plain path, as programs want it in a variable; ``path`` is the same as an object."""

    path: Path = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the kernel says of a file without reading it; ``seen`` is when it said so."""

    mode: int
    size: int
    changed: int
    inode: int
    seen: int

    @classmethod
    def of(cls, found: os.stat_result, seen: int) -> Entry:
        # A directory's size and times change with its entries, which are told by themselves.
        is_folder = stat.S_ISDIR(found.st_mode)
        return cls(
            found.st_mode,
            0 if is_folder else found.st_size,
            0 if is_folder else found.st_ctime_ns,
            found.st_ino,
            seen,
        )

    @property
    def is_settled(self) -> bool:
        """Whether a later change is sure to show."""
        return self.changed + SETTLING_NS < self.seen

    def equals(self, other: Entry) -> bool:
        """Whether the kernel says the same of both."""
        return (self.mode, self.size, self.changed, self.inode) == (
            other.mode, other.size, other.changed, other.inode,
        )  # fmt: skip


Entries = Mapping[str, Entry]


class DirectoryKind(InProcessKind):
    """A directory for each worker, in memory where there is room."""

    options = (
        Option(
            "seed",
            "the path of a directory whose files are in it at the beginning",
            lambda v: isinstance(v, str),
        ),
    )

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> WorkDirectory:
        """Make it and fill it; raises ``ResourceError`` where the seed is no directory."""
        return WorkDirectory(declaration, _seed(declaration, root))


class WorkDirectory:
    """The directory, and what was in it at the beginning."""

    def __init__(self, declaration: Declaration, seed: Path | None) -> None:
        self._seed = seed
        self._folder = Folder("directory")
        path = self._folder.path
        self.handle = DirectoryHandle(declaration.name, "directory", str(path), path=path)
        self._entries = self._filled()

    def clean(self) -> tuple[Leftover, ...]:
        """Put the files of the beginning there, and none else."""
        now = _entries(self.handle.path)
        left = tuple(self._left(now))
        if left:
            self._folder.empty()
            self._entries = self._filled()
        else:
            self._entries = now
        return left

    def suspend(self) -> None:
        """Nothing runs, and nothing is connected."""

    def resume(self) -> None:
        """Another process may have left anything."""
        self.clean()

    def close(self) -> None:
        """Remove it."""
        self._folder.close()

    def _filled(self) -> Entries:
        if self._seed:
            shutil.copytree(self._seed, self.handle.path, symlinks=True, dirs_exist_ok=True)
        return _entries(self.handle.path)

    def _left(self, now: Entries) -> Iterator[Leftover]:
        before = self._entries
        for change, names in (
            ("files added", now.keys() - before.keys()),
            ("files changed", {name for name in now.keys() & before.keys() if self._has_changed(name, now)}),
            ("files removed", before.keys() - now.keys()),
        ):
            if names:
                yield Leftover(self.handle.name, ".", change, len(names), tuple(sorted(names)[:SAMPLE]))

    def _has_changed(self, name: str, now: Entries) -> bool:
        before = self._entries[name]
        if not before.equals(now[name]):
            return True
        if before.is_settled or not stat.S_ISREG(before.mode) or self._seed is None:
            return False
        return (self._seed / name).read_bytes() != (self.handle.path / name).read_bytes()


def _seed(declaration: Declaration, root: Path) -> Path | None:
    given = declaration.options.get("seed")
    if given is None:
        return None
    seed = root / str(given)
    if not seed.is_dir():
        raise ResourceError(
            f"{declaration.name}: {seed} is no directory; correct the key seed", slug="resources"
        )
    return seed


def _entries(top: Path) -> Entries:
    """Everything below a directory by its relative path; links are not followed."""
    seen = time.time_ns()
    found: dict[str, Entry] = {}
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, top)] = Entry.of(os.lstat(path), seen)
    return found


kind = DirectoryKind()
