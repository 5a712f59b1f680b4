"""Where a call comes from: the innermost frame that belongs to a component, or to the tests."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from os.path import abspath, isabs, join, normpath, realpath
from pathlib import Path
from sys import intern
from sysconfig import get_paths
from types import CodeType, FrameType
from typing import Any

from dryfit.model.crossing import Site
from dryfit.model.seam import DRIVER, Place

NOWHERE = Site(None, None, 0, Place("", 0))
"""The site of a crossing whose caller has no frame on the stack: a thread or task began with it."""

_LOOP_FILES = ("asyncio/events.py", "asyncio/runners.py")
"""Where a loop written in Python steps into a task or callback, and who runs one written in C."""


_INSTALLED = ("stdlib", "platstdlib", "purelib", "platlib")
_MOST_FRAMES = 200
_STOP = "<stop>"


class Sites:
    """Finds call sites and keeps one object for each.

    ``components`` maps absolute file names to component names ("" for source that belongs to none); other files below
    ``root`` count as test code, files of installed packages as frameworks, whose frames are passed over. Beyond a
    running event loop nothing is looked at: who runs the loop did not make the call.

    The file system is asked here and never again: later questions come in the midst of the user's calls, where it may
    be forbidden (blockbuster) or replaced (pyfakefs), and are answered by comparing texts.
    """

    def __init__(self, root: Path, components: Mapping[str, str]) -> None:
        self._folder = abspath("")
        self._root = _folder(realpath(root))
        self._links = _links([str(root), *sys.path])
        self._components = {
            name: intern(owner) for file, owner in components.items() for name in _names(file)
        }
        self._names = frozenset(self._components.values()) - {""}
        installed = [get_paths()[name] for name in _INSTALLED]
        self._installed = tuple(_folder(name) for folder in installed for name in _names(folder))
        self._owners: dict[str, str | None] = {}
        self.known: dict[int, Site] = {}

    def locate(self, frame: FrameType | None) -> Site:
        """Walk outwards from ``frame`` to the first one of a component or of the tests."""
        site, left = self._on_stack(frame, _MOST_FRAMES)
        greenlet = _current_greenlet() if site is None else None
        while site is None and greenlet is not None:
            greenlet = greenlet.parent
            if greenlet is not None:
                site, left = self._on_stack(greenlet.gr_frame, left)
        return NOWHERE if site is None else site

    def _on_stack(self, frame: FrameType | None, left: int) -> tuple[Site | None, int]:
        """The site on one stack, of which at most so many frames are looked at; and how many more may be."""
        owners = self._owners
        while frame is not None and left:
            try:
                owner = owners[frame.f_code.co_filename]
            except KeyError:
                owner = self.owner(frame.f_code.co_filename)
            if owner is not None:
                return (NOWHERE if owner is _STOP else self._site(frame, owner)), left
            frame, left = frame.f_back, left - 1
        return None, left

    def owner(self, file: str) -> str | None:
        """Name whose code a file holds: a component, ``DRIVER``, or ``None`` for everything else."""
        try:
            return self._owners[file]
        except KeyError:
            return self._owners.setdefault(file, self._owner_of_new(file))

    def is_component(self, file: str) -> bool:
        """Whether a file belongs to a component."""
        return self.owner(file) in self._names

    def relative(self, file: str) -> str:
        """The file as reports name it: relative to the root, with forward slashes."""
        return self._plain(file).removeprefix(self._root).replace("\\", "/")

    def _owner_of_new(self, file: str) -> str | None:
        if file.startswith("<"):
            return None
        if file.replace("\\", "/").endswith(_LOOP_FILES):
            return _STOP
        plain = self._plain(file)
        if plain in self._components:
            return self._components[plain] or None
        installed = plain.startswith(self._installed)
        return DRIVER if plain.startswith(self._root) and not installed else None

    def _plain(self, file: str) -> str:
        """The absolute name of a file, past the links that lead to it."""
        name = normpath(file if isabs(file) else join(self._folder, file))
        for link, folder in self._links:
            if name.startswith(link):
                return folder + name.removeprefix(link)
        return name

    def _site(self, frame: FrameType, owner: str) -> Site:
        code: CodeType = frame.f_code
        key = id(code) + frame.f_lasti  # an address within the code object, which ends with its instructions
        site = self.known.get(key)
        if site is None:
            place = Place(self.relative(code.co_filename), frame.f_lineno or 0, code.co_qualname)
            site = self.known.setdefault(key, Site(owner, code, frame.f_lasti, place))
        return site


def _names(file: str) -> set[str]:
    """A file's name as it is given, and as it is without links."""
    return {abspath(file), realpath(file)}


def _links(folders: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Those among the folders that are links, or lie behind one, each with the folder that it leads to;
    the innermost first."""
    pairs = {(_folder(abspath(folder)), _folder(realpath(folder))) for folder in folders}
    return tuple(sorted(((link, folder) for link, folder in pairs if link != folder), reverse=True))


def _folder(name: str) -> str:
    """The beginning of the names of all files in a folder."""
    return join(name, "")


def _current_greenlet() -> Any:
    """The greenlet that runs, where the program uses any, as SQLAlchemy's asynchronous sessions do."""
    module = sys.modules.get("greenlet")
    return module.getcurrent() if module is not None else None
