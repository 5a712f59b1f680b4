"""The whole static view of a project, room by room in one place."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dryfit.discover.absences import absences
from dryfit.discover.call_sites import call_sites
from dryfit.discover.facts import ModuleFacts
from dryfit.discover.graph import cycles, floors, import_edges
from dryfit.discover.interfaces import interfaces
from dryfit.discover.missing import missing_modules
from dryfit.discover.read import read_module
from dryfit.discover.resolve import Project
from dryfit.discover.sources import Sources, find_components
from dryfit.model.structure import Component, Module, Problem, ProjectMap

Progress = Callable[[int, int], None]
"""Called with the number of modules read so far, and of all."""

ENOUGH_FOR_WORKERS = 300
CHUNK = 50


def survey(root: Path, wanted: Sequence[str] = (), progress: Progress | None = None) -> ProjectMap:
    """Components, floors, interfaces and call sites of the project at ``root``, from its source alone.

    ``wanted`` are patterns as in ``find_components``. What can't be read becomes a problem; the rest goes on.
    """
    with collector_paused():
        return _survey(find_components(root, wanted), progress)


def _survey(sources: Sources, progress: Progress | None) -> ProjectMap:
    facts = read_all(sources, progress)
    sources = _readable(sources, facts)
    component_of = sources.component_of()
    project = Project.of(facts)
    edges = import_edges(project, component_of)
    sites, unresolved = call_sites(project, component_of, edges)
    absent = absences(project, component_of, Path(sources.root))
    told = {(each.caller, each.place) for each in absent}
    names = [component.name for component in sources.components]
    floor_of = floors(names, edges)
    return ProjectMap(
        sources.root,
        tuple(Component(each.name, floor_of[each.name], each.modules) for each in sources.components),
        edges,
        interfaces(project, component_of, {site.callable for site in sites}),
        sites,
        tuple(each for each in unresolved if (each.caller, each.place) not in told),
        cycles(names, edges),
        _problems(sources, facts, missing_modules(project, Path(sources.root), sources.search_paths)),
        absent,
    )


def _readable(sources: Sources, facts: Sequence[ModuleFacts]) -> Sources:
    """Without the components of which no file could be read: nothing is known that could be drawn."""
    read = {each.module for each in facts if not each.left_out}
    kept = tuple(each for each in sources.components if not read.isdisjoint(each.modules))
    return replace(sources, components=kept)


def _problems(
    sources: Sources, facts: Sequence[ModuleFacts], missing: tuple[Problem, ...]
) -> tuple[Problem, ...]:
    found = {*sources.problems, *(problem for module in facts for problem in module.problems), *missing}
    return tuple(sorted(found, key=lambda problem: (problem.place, problem.message)))


@dataclass(frozen=True, slots=True)
class _Job:
    """What a worker needs to read a few modules."""

    root: str
    component_of: Mapping[str, str]
    tops: frozenset[str]

    def read(self, modules: Sequence[Module]) -> list[ModuleFacts]:
        """Read ``modules``."""
        with collector_paused():
            return [read_module(Path(self.root), module, self.component_of, self.tops) for module in modules]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cyclic collector from walking over a heap of values that all stay, which doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def read_all(sources: Sources, progress: Progress | None = None) -> list[ModuleFacts]:
    """The facts of every module, read by forked workers where there are many modules and several cores."""
    modules = [*(module for each in sources.components for module in each.modules), *sources.others]
    tops = frozenset(module.name.partition(".")[0] for module in modules)
    job = _Job(sources.root, sources.component_of(), tops)
    chunks = [modules[start : start + CHUNK] for start in range(0, len(modules), CHUNK)]
    facts: list[ModuleFacts] = []
    for read in _in_workers(job, chunks) if _worth_workers(modules) else map(job.read, chunks):
        facts += read
        if progress:
            progress(len(facts), len(modules))
    return facts


def _worth_workers(modules: Sequence[Module]) -> bool:
    return len(modules) > ENOUGH_FOR_WORKERS and _cores() > 1 and hasattr(os, "fork")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_workers(job: _Job, chunks: Sequence[Sequence[Module]]) -> Iterator[list[ModuleFacts]]:
    from dryfit.discover.workers import in_forked_workers  # only large projects pay for the import

    return in_forked_workers(job.read, chunks, _cores())
