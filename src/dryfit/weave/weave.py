"""A program that is woven: everything that is put into it, and taken out again."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import CodeType, FrameType, FunctionType, ModuleType

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.probe import Probe
from dryfit.model.seam import DRIVER, Place
from dryfit.model.trace import Skipped
from dryfit.weave.connections import CONNECTION_MODULES, Connections
from dryfit.weave.debuggers import weave_debuggers
from dryfit.weave.exchanges import EXCHANGE_MODULES, Exchanges
from dryfit.weave.frames import VISIBLE, depth
from dryfit.weave.imports import ImportWatch
from dryfit.weave.inspection import weave_inspection
from dryfit.weave.libraries import LIBRARY_MODULES, Libraries
from dryfit.weave.loop import Heeds, Loop
from dryfit.weave.picklers import PICKLER_MODULES, Picklers
from dryfit.weave.sites import Sites
from dryfit.weave.standins import StandIns
from dryfit.weave.threads import Carrier
from dryfit.weave.weaver import Weaver

_YOUNGEST = 0
"""The generation of the garbage collector in which the functions of a module stand that was just imported."""

_DEBUGGING = frozenset({"breakpoint", "set_trace"})
"""Names that a function uses when it is to stop."""


class Weave:
    """Weaves the components of one project.

    ``files`` maps absolute file names to component names, ``modules`` dotted module names likewise.
    """

    def __init__(self, root: Path, files: Mapping[str, str], modules: Mapping[str, str]) -> None:
        self.sites = Sites(root, files)
        self._loop = Loop(self.sites)
        self._weaver = Weaver(self._loop, modules)
        self._libraries = Libraries(self._loop, self._weaver)
        self.connections = Connections(self._loop, self._weaver)
        self.exchanges = Exchanges(self._loop, self._weaver)
        self._picklers = Picklers(self._weaver)
        self._carrier = Carrier(self._loop)
        self.stand_ins = StandIns(self._loop, self._weaver, dict(modules))
        self._imports = ImportWatch(
            {*modules, *LIBRARY_MODULES, *CONNECTION_MODULES, *EXCHANGE_MODULES, *PICKLER_MODULES},
            self._imported,
            self._unwatched,
        )
        self._late = False
        self._replaced: frozenset[str] = frozenset()

    def put_in(self, *probes: Probe) -> None:
        """Weave all that is loaded, watch for what comes later, and let the probes see every crossing from now on."""
        self._loop.probes = probes
        functions = [each for each in gc.get_objects() if type(each) is FunctionType]
        self._loop.depth = VISIBLE if self._stops_in_a_debugger(functions) else depth()
        self._loop.garbage.watch()
        self._weaver.weave_components(functions)
        self._libraries.weave_loaded()
        self.connections.weave_loaded()
        self.exchanges.weave_loaded()
        for name in PICKLER_MODULES & sys.modules.keys():
            self._picklers.weave_module(sys.modules[name])
        self.stand_ins.weave()
        self._carrier.weave(self._weaver)
        weave_debuggers(self._weaver)
        weave_inspection(self._weaver)
        self._imports.install()

    def let_see(self, *probes: Probe) -> tuple[Probe, ...]:
        """Let these see every crossing from now on; returns those that did until now."""
        before, self._loop.probes = self._loop.probes, probes
        return before

    def place_of(self, frame: FrameType | None) -> Place | None:
        """The line of a component or of the tests that a frame stands in, or was called from; ``None`` for neither."""
        place = self.sites.locate(frame).place
        return place if place.file else None

    def place_in(self, frame: FrameType) -> Place | None:
        """The line of a component that a frame stands in itself; ``None`` for any other code."""
        return self.place_of(frame) if self.sites.is_component(frame.f_code.co_filename) else None

    def weave_replaced(self, names: Iterable[str]) -> None:
        """Weave what tests replace and no component defines, wherever it is not replaced."""
        self._replaced = frozenset(names)
        self._libraries.weave_named(self._replaced)

    @property
    def test_files(self) -> tuple[str, ...]:
        """The files of loaded modules that are the tests' own."""
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        return tuple(
            sorted(file for file in files if isinstance(file, str) and self.sites.owner(file) is DRIVER)
        )

    def take_out(self) -> None:
        """Leave everything as it was found."""
        self._imports.remove()
        self._libraries.restore()
        self._weaver.unweave()
        self._loop.garbage.unwatch()
        self._loop.probes = ()

    def begin_test(self, test: str) -> None:
        """From now on crossings belong to this test, but for those in threads and tasks that an earlier one left."""
        if self._loop.depth != depth() == VISIBLE:  # a tracer has been started since
            probes = self._loop.probes
            self.take_out()
            self.put_in(*probes)
            self._libraries.weave_named(self._replaced)
        if self._late:
            self._late = False
            self._weaver.weave_components()
        self.stand_ins.begin_test()
        self.exchanges.begin_test()
        self._loop.begin_test(test)

    def shared_fixture_set_up(self) -> None:
        """What test code did up to now belongs to several tests, and prepared nothing for this one."""
        self._loop.entered = False

    @contextmanager
    def as_test(self) -> Iterator[None]:
        """What is called until the end of the block is called by test code, whatever runs above it."""
        above = self._loop.current.get()
        self._loop.current.set(self._loop.root)
        try:
            yield
        finally:
            self._loop.current.set(above)  # and not by a token: a coroutine may be closed in another context

    def heed(self, heeds: Heeds) -> Heeds:
        """Have it say which calls that test code makes of libraries are crossings; returns what did until now."""
        before, self._loop.heeds = self._loop.heeds, heeds
        return before

    def is_within_library(self) -> bool:
        """Whether what runs now, in this thread or task, runs within a call that a component has made of a library."""
        return self._loop.current.get().callee.kind == "library"

    def is_within(self, crossing: Crossing) -> bool:
        """Whether what runs now, in this thread or task, runs below a crossing."""
        above: Crossing | None = self._loop.current.get()
        while above is not None and above is not crossing:
            above = above.parent
        return above is not None

    def started(self, thread: Thread) -> bool:
        """Whether the program has started this thread, and not the tests."""
        return thread in self._carrier.started

    @property
    def count(self) -> int:
        """How many functions are woven now."""
        return self._weaver.count

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Functions that could not be woven, with the reason."""
        return tuple(sorted(self._weaver.skipped))

    @property
    def failures(self) -> tuple[str, ...]:
        """What dryfit's own probes failed at; each was switched off."""
        return tuple(self._loop.failures)

    def callee_of(self, code: CodeType) -> Callee | None:
        """Whom a code object stands for, if it is a trampoline's."""
        return self._weaver.callee_of_code(code)

    def component_of(self, file: str) -> str | None:
        """The component that a source file belongs to."""
        return self.sites.owner(file) if self.sites.is_component(file) else None

    def _imported(self, modules: Sequence[ModuleType]) -> None:
        for module in modules:
            if module.__name__ in LIBRARY_MODULES:
                self._libraries.weave_module(module)
            self.connections.weave_module(module)
            self.exchanges.weave_module(module)
            self._picklers.weave_module(module)
        self._weaver.weave_components(gc.get_objects(_YOUNGEST))

    def _stops_in_a_debugger(self, functions: Iterable[FunctionType]) -> bool:
        """Whether a function of the project starts a debugger, which would be told of hidden frames it can't place."""
        codes = (function.__code__ for function in functions)
        return any(
            self.sites.owner(code.co_filename) is not None and not _DEBUGGING.isdisjoint(code.co_names)
            for code in codes
        )

    def _unwatched(self) -> None:
        self._late = True
