"""Walk a project's folders for modules and packages, leaving out tests, docs, scripts, builds and vendored code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dryfit.discover.layout import Layout
from dryfit.model.structure import Module

NEVER_TOP_LEVEL = frozenset(
    {
        "test",
        "tests",
        "doc",
        "docs",
        "example",
        "examples",
        "benchmark",
        "benchmarks",
        "node_modules",
        "site-packages",
    }
    | {"vendor", "vendored", "third_party", "_vendor", "_vendored", "venv", "virtualenv", "__pycache__"}
)
TOP_LEVEL_ONLY_AS_PACKAGE = frozenset(
    {
        "alembic",
        "bench",
        "bin",
        "build",
        "ci",
        "data",
        "demo",
        "demos",
        "dist",
        "env",
        "htmlcov",
        "migrations",
    }
    | {"notebooks", "scripts", "site", "tools"}
)
NEVER_INSIDE_PACKAGES = frozenset(
    {"test", "tests", "_vendor", "_vendored", "vendor", "vendored", "third_party", "__pycache__"}
)
SCRIPTS = frozenset(
    {
        "conftest",
        "dodo",
        "ez_setup",
        "fabfile",
        "hatch_build",
        "manage",
        "noxfile",
        "runtests",
        "setup",
        "toxfile",
    }
    | {"versioneer", "__init__", "__main__"}
)
NEVER_MODULES = frozenset({"conftest", "test", "tests", "_version"})
PROJECT_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


@dataclass(frozen=True, slots=True)
class Package:
    """A folder of modules; ``own`` is its ``__init__``, ``None`` for a namespace package."""

    name: str
    own: Module | None = None
    modules: tuple[Module, ...] = ()
    packages: tuple[Package, ...] = ()

    def everything(self) -> Iterator[Module]:
        """Every module in it, at any depth."""
        if self.own:
            yield self.own
        yield from self.modules
        for package in self.packages:
            yield from package.everything()


def scan(root: Path, layout: Layout, wanted: frozenset[str]) -> list[Package]:
    """What an import finds in each search path, as one nameless package each.

    ``wanted`` are top-level names that count even where they look like tests, docs or scripts.
    """
    walk = _Walk(str(root), layout, wanted)
    return [walk.top_level(path) for path in layout.search_paths]


@dataclass(frozen=True, slots=True)
class _Walk:
    root: str
    layout: Layout
    wanted: frozenset[str]
    seen: set[str] = field(default_factory=set)  # real paths: a loop of symbolic links ends

    def top_level(self, folder: str) -> Package:
        entries = _entries(folder)
        self.seen.add(os.path.realpath(folder))
        modules = [
            self._module(stem, file)
            for stem, file in _module_files(entries)
            if stem in self.wanted or (_is_source(stem) and stem not in SCRIPTS)
        ]
        folders = (
            entry for entry in entries if entry.name in self.wanted or not self._is_left_out(entry, top=True)
        )
        return Package("", None, tuple(modules), self._packages("", folders))

    def _package(self, folder: str, name: str) -> Package | None:
        real = os.path.realpath(folder)
        if real in self.seen:
            return None
        self.seen.add(real)
        entries = _entries(folder)
        files = dict(_module_files(entries))
        own = self._module(name, files.pop("__init__")) if "__init__" in files else None
        modules = tuple(self._module(f"{name}.{stem}", files[stem]) for stem in files if _is_source(stem))
        packages = self._packages(name + ".", (entry for entry in entries if not self._is_left_out(entry)))
        return Package(name, own, modules, packages) if own or modules or packages else None

    def _packages(self, prefix: str, folders: Iterator[os.DirEntry[str]]) -> tuple[Package, ...]:
        usable = (entry for entry in folders if entry.name.isidentifier() and _is_folder(entry))
        found = (self._package(entry.path, prefix + entry.name) for entry in usable)
        return tuple(package for package in found if package is not None)

    def _is_left_out(self, entry: os.DirEntry[str], top: bool = False) -> bool:
        if entry.name in (NEVER_TOP_LEVEL if top else NEVER_INSIDE_PACKAGES) or not _is_folder(entry):
            return True
        inside = set(_names(entry.path))
        package = "__init__.py" in inside
        if "pyvenv.cfg" in inside or (not package and inside & PROJECT_MARKS):
            return True  # a virtual environment, or a project of its own
        if entry.path in self.layout.search_paths:
            return True
        if entry.path in self.layout.test_folders and (not package or "test" in entry.name):
            return True
        return top and not package and entry.name in TOP_LEVEL_ONLY_AS_PACKAGE

    def _module(self, name: str, entry: os.DirEntry[str]) -> Module:
        return Module(name, os.path.relpath(entry.path, self.root).replace(os.sep, "/"))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _module_files(entries: list[os.DirEntry[str]]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in entries:
        stem = entry.name[:-3]
        if entry.name.endswith(".py") and stem.isidentifier() and entry.is_file():
            yield stem, entry


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_source(stem: str) -> bool:
    return stem not in NEVER_MODULES and not stem.startswith("test_") and not stem.endswith("_test")
