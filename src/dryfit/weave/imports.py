"""Tells when a module of interest has been imported, so that what comes late is woven too."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Container, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType


class ImportWatch:
    """A finder at the head of ``sys.meta_path`` that watches the modules of ``names``.

    It calls ``loaded`` with those that have run, once the outermost import of one is done, and ``unwatched`` where a
    module has a loader with a mind of its own. It finds nothing itself: the spec is the one that the other finders
    give, and its loader does the work.
    """

    def __init__(
        self,
        names: Container[str],
        loaded: Callable[[Sequence[ModuleType]], None],
        unwatched: Callable[[], None],
    ) -> None:
        self._names = names
        self._loaded = loaded
        self._unwatched = unwatched
        self._under_way = 0
        self._done: list[ModuleType] = []

    def install(self) -> None:
        """Begin to watch."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Let the others find the module, and have its own loader report when it is done."""
        if name not in self._names:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):  # Python passes over such, too
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return self._watched(spec)
        return None

    def _watched(self, spec: ModuleSpec) -> ModuleSpec | None:
        loader = spec.loader
        if type(loader) is not SourceFileLoader:
            self._unwatched()
            return None  # found again, without us

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # the instance's, which is this function; the class's does the work
            self._run(loader, module)

        loader.exec_module = exec_module  # type: ignore[method-assign]  # one loader object serves one module
        return spec

    def _run(self, loader: SourceFileLoader, module: ModuleType) -> None:
        """Run a module while the garbage collector rests, so that its functions stay in the youngest generation."""
        collects = gc.isenabled()
        gc.disable()
        self._under_way += 1
        try:
            loader.exec_module(module)
            self._done.append(module)
        finally:
            self._under_way -= 1
            if not self._under_way:
                done, self._done = self._done, []
                self._loaded(done)
            if collects:
                gc.enable()
