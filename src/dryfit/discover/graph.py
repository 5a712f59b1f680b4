"""Which component imports which, on which floor each stands, and where they go in circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dryfit.discover.expressions import Ref
from dryfit.discover.facts import ImportFacts
from dryfit.discover.resolve import Project
from dryfit.discover.values import ClassValue, FunctionValue, ModuleValue
from dryfit.model.seam import Place
from dryfit.model.structure import Cycle, ImportEdge

MOST_PLACES = 5


def import_edges(project: Project, component_of: Mapping[str, str]) -> tuple[ImportEdge, ...]:
    """Every import from one component to another; an edge is ``typing_only`` where all its lines are."""
    running: dict[tuple[str, str], list[Place]] = {}
    typing: dict[tuple[str, str], list[Place]] = {}
    uses: Counter[tuple[str, str]] = Counter()
    for module in project.modules.values():
        importer = component_of.get(module.module.name)
        for each in module.imports if importer else ():
            imported = imported_component(project, component_of, each)
            if importer and imported and imported != importer:
                kept = typing if each.typing_only else running
                kept.setdefault((importer, imported), []).append(Place(module.module.file, each.line))
                uses[importer, imported] += each.uses
    edges = [_edge(names, places, False, uses[names]) for names, places in running.items()]
    edges += [
        _edge(names, places, True, uses[names]) for names, places in typing.items() if names not in running
    ]
    return tuple(sorted(edges, key=lambda edge: (edge.importer, edge.imported)))


def _edge(names: tuple[str, str], places: list[Place], typing_only: bool, uses: int) -> ImportEdge:
    return ImportEdge(*names, tuple(sorted(set(places))[:MOST_PLACES]), typing_only, uses)


def imported_component(project: Project, component_of: Mapping[str, str], each: ImportFacts) -> str | None:
    """The component that an import reaches: through a package that only hands names on, the one that defines them."""
    name = f"{each.target}.{each.name}" if each.name else each.target
    for module in (name, each.target):
        if module in component_of:
            return component_of[module]
    match project.resolve(Ref(name)):
        case ModuleValue(found):
            return component_of.get(found)
        case ClassValue(found) | FunctionValue(found):
            return component_of.get(project.home[found])
        case _:
            return None


def floors(components: Iterable[str], edges: Sequence[ImportEdge]) -> dict[str, int]:
    """The longest way down from each component; those that import each other share a floor."""
    below = _adjacency(components, edges)
    found: dict[str, int] = {}
    for circle in strongly_connected(below):
        inside = set(circle)
        floor = max(
            (found[name] + 1 for each in circle for name in below[each] if name not in inside), default=0
        )
        found.update(dict.fromkeys(circle, floor))
    return found


def cycles(components: Iterable[str], edges: Sequence[ImportEdge]) -> tuple[Cycle, ...]:
    """Components that import each other, with the first line of each import between them."""
    below = _adjacency(components, edges)
    found = []
    for circle in strongly_connected(below):
        if len(circle) > 1:
            inside = set(circle)
            closing = (edge for edge in edges if edge.importer in inside and edge.imported in inside)
            places = tuple(sorted(edge.places[0] for edge in closing if not edge.typing_only))
            found.append(Cycle(tuple(sorted(circle)), places))
    return tuple(sorted(found, key=lambda cycle: cycle.components))


def _adjacency(components: Iterable[str], edges: Sequence[ImportEdge]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {name: [] for name in components}
    for edge in edges:
        if not edge.typing_only:
            below[edge.importer].append(edge.imported)
    return below


def strongly_connected(below: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Groups of names that reach each other, every group after those it leads to.

    R. Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for start in below:
        work = [(start, iter(below[start]))] if start not in index else []
        while work:
            name, rest = work[-1]
            if name not in index:
                index[name] = low[name] = len(index)
                path.append(name)
                on_path.add(name)
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    group = path[path.index(name) :]
                    del path[len(path) - len(group) :]
                    on_path.difference_update(group)
                    yield group
            elif following not in index:
                work.append((following, iter(below[following])))
            elif following in on_path:
                low[name] = min(low[name], index[following])
