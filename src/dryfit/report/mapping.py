"""Drawings of the static view of a project as text: a tree, JSON and a Mermaid flowchart. ``svg`` draws the picture."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from dryfit.model.seam import Place
from dryfit.model.structure import Component, ProjectMap
from dryfit.report.ascii import fit
from dryfit.report.graph import Arrow, Graph, arrows, graph
from dryfit.report.groups import plural
from dryfit.report.jsontext import Json, encode

VERSION = 1


def tree(project: ProjectMap, encoding: str = "utf-8") -> str:
    """Floors from the top down, on each its components, below each the components that it calls, with counts."""
    lines = [*_tree_lines(project), *_remarks(project)]
    return "".join(fit(line, encoding).rstrip() + "\n" for line in lines)


def as_json(project: ProjectMap) -> str:
    """Components, imports, seams with their call sites, and what could not be resolved or read; version 1.

    The project's root is not in it, so that it is the same on every machine.
    """
    return encode(
        {
            "version": VERSION,
            "components": [_component(component) for component in project.components],
            "imports": [
                {
                    "importer": edge.importer,
                    "imported": edge.imported,
                    "typing_only": edge.typing_only,
                    "places": [_place(place) for place in edge.places],
                }
                for edge in project.imports
            ],
            "seams": list(_seams(project)),
            "unresolved": [
                {"caller": call.caller, "text": call.text, "reason": call.reason, **_place(call.place)}
                for call in project.unresolved
            ],
            "cycles": [
                {"components": list(cycle.components), "places": [_place(place) for place in cycle.places]}
                for cycle in project.cycles
            ],
            "problems": [
                {"message": problem.message, **_place(problem.place)} for problem in project.problems
            ],
        }
    )


def mermaid(project: ProjectMap) -> str:
    """A Mermaid flowchart: a subgraph for each floor, arrows with their number of seams, dotted where only imported."""
    plan = graph(project)
    ids = {room.name: f"r{number}" for number, room in enumerate(plan.rooms)}
    lines = ["flowchart TD", *_subgraphs(plan, ids)]
    lines += [_mermaid_arrow(arrow, ids) for arrow in plan.arrows]
    return "\n".join(lines) + "\n"


# -- tree ------------------------------------------------------------------------------------------


def _tree_lines(project: ProjectMap) -> Iterator[str]:
    below: defaultdict[str, list[Arrow]] = defaultdict(list)
    for arrow in arrows(project):
        below[arrow.caller].append(arrow)
    yield _title(project)
    floors = sorted({component.floor for component in project.components}, reverse=True)
    for floor in floors:
        yield ""
        yield f"floor {floor}"
        for component in project.components:
            if component.floor == floor:
                yield from _branch(component, below[component.name])


def _title(project: ProjectMap) -> str:
    seams = {(site.caller, site.callable) for site in project.call_sites}
    parts = (
        plural(len(project.components), "component"),
        plural(len({component.floor for component in project.components}), "floor"),
        f"{plural(len(seams), 'seam')} at {plural(len(project.call_sites), 'call site')}",
    )
    return ", ".join(parts)


def _branch(component: Component, below: list[Arrow]) -> Iterator[str]:
    yield f"  {component.name}  ({plural(len(component.modules), 'module')})"
    width = max((len(arrow.callee) for arrow in below), default=0)
    for arrow in below:
        sign = "└─" if arrow is below[-1] else "├─"
        yield f"  {sign} {arrow.callee:<{width}}  {_count(arrow)}"


def _count(arrow: Arrow) -> str:
    if not arrow.seams:
        return "import only"
    return f"{plural(arrow.seams, 'seam')}, {plural(arrow.sites, 'call site')}"


def _remarks(project: ProjectMap) -> Iterator[str]:
    """What the tree cannot show: circles, calls that could not be resolved by reason, files that could not be read."""
    reasons: defaultdict[str, int] = defaultdict(int)
    for call in project.unresolved:
        reasons[call.reason] += 1
    remarks = [f"in a circle: {', '.join(cycle.components)}" for cycle in project.cycles]
    remarks += [f"unresolved: {plural(count, 'call')}, {reason}" for reason, count in sorted(reasons.items())]
    remarks += map(str, project.problems)
    if remarks:
        yield ""
        yield from remarks


# -- JSON ------------------------------------------------------------------------------------------


def _component(component: Component) -> Json:
    modules = [{"name": module.name, "file": module.file} for module in component.modules]
    return {"name": component.name, "floor": component.floor, "modules": modules}


def _seams(project: ProjectMap) -> Iterator[Json]:
    sites: defaultdict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for site in project.call_sites:
        sites[site.caller, site.callee, site.callable].append(_place(site.place))
    for (caller, callee, name), places in sorted(sites.items()):
        yield {"caller": caller, "callee": callee, "callable": name, "call_sites": places}


def _place(place: Place) -> dict[str, Json]:
    return {"file": place.file, "line": place.line, "function": place.function}


# -- Mermaid ---------------------------------------------------------------------------------------


def _subgraphs(plan: Graph, ids: Mapping[str, str]) -> Iterator[str]:
    for row in plan.rows:
        yield f'  subgraph floor{row[0].floor}["floor {row[0].floor}"]'
        yield from (f'    {ids[room.name]}["{_quoted(room.label)}"]' for room in row)
        yield "  end"


def _mermaid_arrow(arrow: Arrow, ids: Mapping[str, str]) -> str:
    caller, callee = ids[arrow.caller], ids[arrow.callee]
    return f"  {caller} -->|{arrow.seams}| {callee}" if arrow.seams else f"  {caller} -.-> {callee}"


def _quoted(text: str) -> str:
    """Anything but plain name characters as an entity code, as Mermaid wants it in a quoted text."""
    return re.sub(r"[^\w .*()-]", lambda match: f"#{ord(match.group())};", text)
