"""Components as rooms on floors, with the arrows between them: what every drawing of a project is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dryfit.model.structure import ProjectMap

SWEEPS = 12
MOST_ROOMS = 48


@dataclass(frozen=True, slots=True, order=True)
class Arrow:
    """All seams from one room to another: how many, and at how many call sites; 0 where one only imports the other."""

    caller: str
    callee: str
    seams: int = 0
    sites: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """What is drawn as one box: a component, or several of one floor folded together (then ``members`` are many)."""

    name: str
    label: str
    floor: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Rooms row by row, the top floor first, each row from left to right; arrows sorted."""

    rows: tuple[tuple[Room, ...], ...]
    arrows: tuple[Arrow, ...]

    @property
    def rooms(self) -> tuple[Room, ...]:
        """All rooms, row by row."""
        return tuple(room for row in self.rows for room in row)


def graph(project: ProjectMap, most_rooms: int = MOST_ROOMS) -> Graph:
    """Put the components on their floors, ordered so that few arrows cross, and folded if there are too many."""
    floors = {component.name: component.floor for component in project.components}
    rooms = fold(floors, most_rooms)
    home = {member: room.name for room in rooms for member in room.members}
    merged = _merge(arrows(project), home)
    ranks = order(
        {room.name: room.floor for room in rooms}, ((arrow.caller, arrow.callee) for arrow in merged)
    )
    levels = sorted({room.floor for room in rooms}, reverse=True)
    rows = [
        sorted((room for room in rooms if room.floor == level), key=lambda room: ranks[room.name])
        for level in levels
    ]
    return Graph(tuple(map(tuple, rows)), merged)


def arrows(project: ProjectMap) -> tuple[Arrow, ...]:
    """Every pair of components of which one calls or imports the other, sorted."""
    names = {component.name for component in project.components}
    callables: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    sites: defaultdict[tuple[str, str], int] = defaultdict(int)
    for edge in project.imports:
        if not edge.typing_only:
            sites[edge.importer, edge.imported] += 0
    for site in project.call_sites:
        callables[site.caller, site.callee].add(site.callable)
        sites[site.caller, site.callee] += 1
    return tuple(
        Arrow(caller, callee, len(callables[caller, callee]), sites[caller, callee])
        for caller, callee in sorted(sites)
        if caller in names and callee in names
    )


def order(floors: Mapping[str, int], links: Iterable[tuple[str, str]]) -> dict[str, float]:
    """A place from 0 (left) to 1 (right) for each name on its floor, such that few links cross.

    The barycentre heuristic of Sugiyama, Tagawa and Toda (1981), over links to any floor; the same for the same input.
    """
    beside = _neighbours(floors, links)
    rows = [
        sorted(name for name in floors if floors[name] == level) for level in sorted(set(floors.values()))
    ]
    place = {name: spot for row in rows for name, spot in _spread(row)}
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            level = floors[row[0]] if row else 0
            wish = {name: _mean(place, beside[name], level, floors, name) for name in row}
            row.sort(key=lambda name, wish=wish: (wish[name], place[name], name))  # type: ignore[misc]
            place.update(_spread(row))
    return place


def fold(floors: Mapping[str, int], most_rooms: int = MOST_ROOMS) -> tuple[Room, ...]:
    """Components as rooms; if they are too many, those of one floor and one package become one room.

    The longest common package names that bring the number down far enough are taken, in the end the whole floor.
    """
    rooms = tuple(Room(name, name, floor, (name,)) for name, floor in sorted(floors.items()))
    depth = max((name.count(".") for name in floors), default=0)
    while len(rooms) > most_rooms and depth >= 0:
        rooms = _fold_to(floors, depth)
        depth -= 1
    return rooms


def _fold_to(floors: Mapping[str, int], depth: int) -> tuple[Room, ...]:
    packages: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for name, floor in sorted(floors.items()):
        packages[floor, ".".join(name.split(".")[:-1][:depth])].append(name)
    return tuple(_group(floor, package, names) for (floor, package), names in sorted(packages.items()))


def _group(floor: int, package: str, names: Sequence[str]) -> Room:
    if len(names) == 1:
        return Room(names[0], names[0], floor, tuple(names))
    label = f"{package}.* ({len(names)})" if package else f"{len(names)} components"
    return Room(f"{package}.*@{floor}", label, floor, tuple(names))


def _merge(arrows: Iterable[Arrow], home: Mapping[str, str]) -> tuple[Arrow, ...]:
    """Arrows between rooms; those inside one room are gone."""
    merged: dict[tuple[str, str], Arrow] = {}
    for arrow in arrows:
        caller, callee = home[arrow.caller], home[arrow.callee]
        if caller != callee:
            known = merged.get((caller, callee), Arrow(caller, callee))
            merged[caller, callee] = Arrow(
                caller, callee, known.seams + arrow.seams, known.sites + arrow.sites
            )
    return tuple(sorted(merged.values()))


def _neighbours(floors: Mapping[str, int], links: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    beside: dict[str, list[str]] = {name: [] for name in floors}
    for one, other in sorted(set(links)):
        if one in beside and other in beside and one != other:
            beside[one].append(other)
            beside[other].append(one)
    return beside


def _mean(
    place: Mapping[str, float], names: Sequence[str], level: int, floors: Mapping[str, int], name: str
) -> float:
    """The mean place of the neighbours, the nearer floors weighing more; its own place where it has none."""
    weights = [(1 / (1 + abs(floors[other] - level)), place[other]) for other in names]
    total = sum(weight for weight, _ in weights)
    return sum(weight * where for weight, where in weights) / total if total else place[name]


def _spread(row: Sequence[str]) -> list[tuple[str, float]]:
    return [(name, (index + 0.5) / len(row)) for index, name in enumerate(row)]
