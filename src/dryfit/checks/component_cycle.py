"""DF207 component-cycle: components that can't be integrated one at a time."""

from __future__ import annotations

from collections.abc import Iterable

from dryfit.checks.judgement import Judgement, find
from dryfit.checks.names import listing
from dryfit.model.finding import Fact, Finding
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import CallSite, Cycle, ImportEdge, ProjectMap
from dryfit.model.trace import Observations


def judge(project: ProjectMap, observations: Observations) -> Judgement:
    """Report each cycle once, with its import lines and the import that is cheapest to cut."""
    return Judgement(findings=tuple(_finding(cycle, project) for cycle in project.cycles))


def _finding(cycle: Cycle, project: ProjectMap) -> Finding:
    members = tuple(sorted(cycle.components))
    importer, imported, site, advice = _advice(cycle, project)
    return find(
        "DF207",
        Seam(importer, imported, imported),
        site,
        " ".join(members),
        f"{listing(members)} import {'each other' if len(members) == 2 else 'one another in a circle'},"
        f" so none of them can be integrated first{advice}.",
        evidence=(Fact("components", members), Fact("imports", tuple(str(place) for place in cycle.places))),
    )


def _advice(cycle: Cycle, project: ProjectMap) -> tuple[str, str, Place, str]:
    edges = [edge for edge in project.imports if _inside(edge, cycle) and edge.places]
    if not edges:
        members = sorted(cycle.components)
        return members[0], members[-1], min(cycle.places, default=Place("", 0)), ""
    cheapest = min(edges, key=lambda edge: _cost(edge, edges, project))
    uses = _uses(cheapest, project)
    nothing = f"which nothing in {cheapest.importer} was found to use"
    used = f"used in {uses} place{'s' if uses > 1 else ''}" if uses else nothing
    site = min(cheapest.places)
    advice = f"; the cheapest import to cut is the one of {cheapest.imported} at {site}, {used}"
    return cheapest.importer, cheapest.imported, site, advice


def _inside(edge: ImportEdge, cycle: Cycle) -> bool:
    return not edge.typing_only and edge.importer in cycle.components and edge.imported in cycle.components


def _cost(
    edge: ImportEdge, edges: list[ImportEdge], project: ProjectMap
) -> tuple[int, int, int, int, str, str]:
    """How much is left in circles without the edge, then the uses that would have to change, and the import lines.

    Of two edges with as many uses, the one whose results fewer callers use is easier to turn round.
    """
    left = _in_circles([other for other in edges if other is not edge])
    used = sum(1 for site in _calls(edge, project) if site.result == "used")
    return (left, _uses(edge, project), used, len(edge.places), edge.importer, edge.imported)


def _uses(edge: ImportEdge, project: ProjectMap) -> int:
    """Where the importer uses the imported names, or calls methods of what it was given."""
    return max(edge.uses, len(_calls(edge, project)))


def _calls(edge: ImportEdge, project: ProjectMap) -> list[CallSite]:
    return [
        site for site in project.call_sites if (site.caller, site.callee) == (edge.importer, edge.imported)
    ]


def _in_circles(edges: Iterable[ImportEdge]) -> int:
    """The number of components that can be reached from themselves."""
    imports: dict[str, set[str]] = {}
    for edge in edges:
        imports.setdefault(edge.importer, set()).add(edge.imported)
    return sum(1 for start in imports if start in _reached(start, imports))


def _reached(start: str, imports: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = set(imports.get(start, ()))
    while ahead:
        reached |= ahead
        ahead = {imported for name in ahead for imported in imports.get(name, ())} - reached
    return reached
