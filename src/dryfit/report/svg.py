"""The map of a project as a picture: components as rooms on floors, arrows led through the gaps between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from math import log2
from xml.sax.saxutils import escape, quoteattr

from dryfit.model.structure import ProjectMap
from dryfit.report.graph import Arrow, Graph, Room, graph
from dryfit.report.groups import plural

# All lengths in pixels.
WIDTH = 1120
LEFT = 100  # for the floors' names
RIGHT = 40
ROOM_HEIGHT = 48
GAP = 44  # between rooms, so that arrows have a way
BETWEEN = 58  # between the rows of one floor, and from a room to its floor's edge twice the half
LANE = 8  # between two arrows in one gap
DETOUR = 10  # that an arrow makes rather than join another one in a gap
PORT = 18  # between two arrows at one room
LETTER = 9.2  # a wide letter of the names: the reader's font is not known here
SMALLEST_ROOM = 96


@dataclass(frozen=True, slots=True)
class Box:
    """A room with its place: left, top, width; ``row`` counts from the top of the picture."""

    room: Room
    row: int
    left: float
    top: float
    width: float

    @property
    def middle(self) -> float:
        """The middle from the left."""
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        """The right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower side."""
        return self.top + ROOM_HEIGHT


@dataclass(frozen=True, slots=True)
class Lane:
    """Where an arrow passes a row: the row, the number of the gap from the left, and from the left in pixels."""

    row: int
    gap: int
    x: float


@dataclass(frozen=True, slots=True)
class Route:
    """One arrow's way: from and to, where it leaves and arrives, and its lanes through the rows between."""

    arrow: Arrow
    start: Box
    end: Box
    lanes: tuple[Lane, ...] = ()
    leaves: float = 0
    arrives: float = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything in its place: rows of boxes, edges between floors by their names, routes, and the height."""

    rows: tuple[tuple[Box, ...], ...]
    floors: tuple[tuple[int, float, float], ...]
    routes: tuple[Route, ...]
    height: float


def svg(project: ProjectMap) -> str:
    """A self-contained SVG document, light or dark as its reader prefers, with a title and a description."""
    picture = lay_out(graph(project))
    style = (files("dryfit.report") / "templates" / "map.css").read_text(encoding="utf-8")
    name = project.root.rstrip("/").rpartition("/")[2] or "project"
    body = "\n".join((*_floors(picture), *map(_arrow, picture.routes), *_boxes(picture)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {picture.height:.0f}" width="{WIDTH}"'
        f' height="{picture.height:.0f}" role="img" aria-labelledby="title desc">\n'
        f'<title id="title">Map of {escape(name)}</title>\n<desc id="desc">{escape(_description(picture))}</desc>\n'
        f"<style>\n{style}</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
        ' markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 .6 7.4 4 0 7.4z"/></marker></defs>\n'
        f'<rect class="paper" width="{WIDTH}" height="{picture.height:.0f}"/>\n{body}\n</svg>\n'
    )


def lay_out(plan: Graph) -> Picture:
    """Give every room its place and every arrow its way: the same input gives the same picture."""
    rows, floors, height = _place_rooms(plan)
    boxes = {box.room.name: box for row in rows for box in row}
    crowd: Counter[tuple[int, int]] = Counter()
    routes = [
        _lead(Route(arrow, boxes[arrow.caller], boxes[arrow.callee]), rows, crowd) for arrow in plan.arrows
    ]
    return Picture(rows, floors, _spread_ports(_spread_lanes(routes, rows)), height)


# -- rooms -----------------------------------------------------------------------------------------


def _place_rooms(
    plan: Graph,
) -> tuple[tuple[tuple[Box, ...], ...], tuple[tuple[int, float, float], ...], float]:
    rows: list[tuple[Box, ...]] = []
    floors: list[tuple[int, float, float]] = []
    top = 0.0
    for floor in plan.rows:
        upper, top = top, top + BETWEEN / 2
        for line in _lines(floor):
            rows.append(_centred(line, len(rows), top))
            top += ROOM_HEIGHT + BETWEEN
        top -= BETWEEN / 2
        floors.append((floor[0].floor, upper, top))
    return tuple(rows), tuple(floors), max(top, ROOM_HEIGHT)


def _lines(floor: Sequence[Room]) -> Iterator[list[Room]]:
    """A floor's rooms in as many rows as the width asks for."""
    line: list[Room] = []
    used = 0.0
    for room in floor:
        if line and used + _width(room) > WIDTH - LEFT - RIGHT:
            yield line
            line, used = [], 0.0
        line.append(room)
        used += _width(room) + GAP
    yield line


def _centred(line: Sequence[Room], row: int, top: float) -> tuple[Box, ...]:
    left = (LEFT + WIDTH - RIGHT - sum(map(_width, line)) - GAP * (len(line) - 1)) / 2
    boxes = []
    for room in line:
        boxes.append(Box(room, row, left, top, _width(room)))
        left += _width(room) + GAP
    return tuple(boxes)


def _width(room: Room) -> float:
    return min(max(SMALLEST_ROOM, len(room.label) * LETTER + 28), WIDTH - LEFT - RIGHT)


# -- arrows ----------------------------------------------------------------------------------------


def _lead(route: Route, rows: Sequence[Sequence[Box]], crowd: Counter[tuple[int, int]]) -> Route:
    """Lead an arrow through each row between its ends, by a gap near the straight line that is not too crowded.

    ``crowd`` counts the arrows in each gap of each row, and is counted up.
    """
    start, end = route.start, route.end
    step = 1 if end.row > start.row else -1
    x, lanes = start.middle, []
    for row in range(start.row + step, end.row, step) if start.row != end.row else ():
        wish = x + (end.middle - x) / (abs(end.row - row) + 1)
        gaps = _gaps(rows[row])
        cost = [
            max(left - wish, wish - right, 0) + crowd[row, gap] * DETOUR
            for gap, (left, right) in enumerate(gaps)
        ]
        gap = cost.index(min(cost))
        crowd[row, gap] += 1
        x = min(max(wish, gaps[gap][0]), gaps[gap][1])
        lanes.append(Lane(row, gap, x))
    return replace(route, lanes=tuple(lanes))


def _gaps(row: Sequence[Box]) -> list[tuple[float, float]]:
    """From where to where an arrow may pass a row: before, between and behind its boxes."""
    edges = [LEFT - GAP, *(side for box in row for side in (box.left, box.right)), WIDTH]
    return [(left + LANE, right - LANE) for left, right in zip(edges[::2], edges[1::2], strict=True)]


def _spread_lanes(routes: Sequence[Route], rows: Sequence[Sequence[Box]]) -> list[Route]:
    """Keep the arrows that pass one gap apart, as far as the gap allows."""
    shared: defaultdict[tuple[int, int], list[tuple[float, float, int, int]]] = defaultdict(list)
    for number, route in enumerate(routes):
        for index, lane in enumerate(route.lanes):
            shared[lane.row, lane.gap].append((lane.x, route.end.middle, number, index))
    moved = [list(route.lanes) for route in routes]
    for (row, gap), lanes in shared.items():
        left, right = _gaps(rows[row])[gap]
        mean = sum(lane[0] for lane in lanes) / len(lanes)
        for (_, _, number, index), x in zip(
            sorted(lanes), _apart(len(lanes), mean, left, right, LANE), strict=True
        ):
            moved[number][index] = Lane(row, gap, x)
    return [replace(route, lanes=tuple(lanes)) for route, lanes in zip(routes, moved, strict=True)]


def _spread_ports(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Share out the upper and the lower side of each box among the arrows that touch it."""
    sides: defaultdict[tuple[str, bool], list[tuple[float, int, str]]] = defaultdict(list)
    for number, route in enumerate(routes):
        level, down = route.start.row == route.end.row, route.end.row > route.start.row
        first = route.lanes[0].x if route.lanes else route.end.middle
        last = route.lanes[-1].x if route.lanes else route.start.middle
        sides[route.start.room.name, down or level].append((first, number, "leaves"))
        sides[route.end.room.name, level or not down].append((last, number, "arrives"))
    spots: dict[tuple[int, str], float] = {}
    boxes = {box.room.name: box for route in routes for box in (route.start, route.end)}
    for (name, _), ports in sides.items():
        box = boxes[name]
        places = _apart(len(ports), box.middle, box.left + LANE, box.right - LANE, PORT)
        spots.update({(number, end): x for (_, number, end), x in zip(sorted(ports), places, strict=True)})
    return tuple(
        replace(route, leaves=spots[number, "leaves"], arrives=spots[number, "arrives"])
        for number, route in enumerate(routes)
    )


def _apart(count: int, mean: float, left: float, right: float, wish: float) -> list[float]:
    """``count`` places around a mean, ``wish`` apart or as far as left and right allow."""
    step = min(wish, (right - left) / max(count - 1, 1))
    first = min(max(mean - step * (count - 1) / 2, left), right - step * (count - 1))
    return [first + step * index for index in range(count)]


def _path(route: Route) -> str:
    start, end = route.start, route.end
    if start.row == end.row:
        low = start.bottom + BETWEEN * 0.7
        return (
            f"M{route.leaves:.1f} {start.bottom:.1f}C{route.leaves:.1f} {low:.1f} {route.arrives:.1f} {low:.1f}"
            f" {route.arrives:.1f} {end.bottom + 2:.1f}"
        )
    down = end.row > start.row
    x, y = route.leaves, start.bottom if down else start.top
    path = f"M{x:.1f} {y:.1f}"
    for lane in route.lanes:
        upper, lower = _row_sides(lane.row, route)
        path += _curve(x, y, lane.x, upper if down else lower)
        x, y = lane.x, lower if down else upper
        path += f"V{y:.1f}"
    return path + _curve(x, y, route.arrives, end.top - 2 if down else end.bottom + 2)


def _row_sides(row: int, route: Route) -> tuple[float, float]:
    """Upper and lower side of a row: rows are equally far apart, whatever floor they are on."""
    upper = route.start.top + (row - route.start.row) * (ROOM_HEIGHT + BETWEEN)
    return upper, upper + ROOM_HEIGHT


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = (to_y - y) / 2
    return f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"


# -- the document ----------------------------------------------------------------------------------


def _floors(picture: Picture) -> Iterator[str]:
    for floor, top, bottom in picture.floors:
        if top:
            yield f'<path class="slab" d="M0 {top:.1f}H{WIDTH}"/>'
        yield f'<text class="floor" x="20" y="{(top + bottom) / 2 + 4:.1f}">floor {floor}</text>'


def _arrow(route: Route) -> str:
    arrow = route.arrow
    width = 1 if not arrow.seams else 1.3 + min(log2(arrow.seams), 4) * 0.4
    kind = "seams" if arrow.seams else "import"
    title = escape(f"{route.start.room.label} → {route.end.room.label}: {_amount(arrow)}")
    return (
        f'<path class={quoteattr(kind)} stroke-width="{width:.1f}" marker-end="url(#head)" d="{_path(route)}">'
        f"<title>{title}</title></path>"
    )


def _boxes(picture: Picture) -> Iterator[str]:
    touching = _seams_by_room(route.arrow for route in picture.routes)
    for box in (box for row in picture.rows for box in row):
        folded = len(box.room.members) > 1
        kind = "room folded" if folded else "room"
        if folded:
            yield _rect("behind", box, 4)
        yield _rect(kind, box, 0)
        yield f'<text class="name" x="{box.middle:.1f}" y="{box.top + 21:.1f}">{escape(box.room.label)}</text>'
        small = plural(touching.get(box.room.name, 0), "seam")
        yield f'<text class="small" x="{box.middle:.1f}" y="{box.top + 37:.1f}">{small}</text>'


def _rect(kind: str, box: Box, shift: float) -> str:
    return (
        f'<rect class="{kind}" x="{box.left + shift:.1f}" y="{box.top + shift:.1f}" width="{box.width:.1f}"'
        f' height="{ROOM_HEIGHT}" rx="3"/>'
    )


def _seams_by_room(arrows: Iterable[Arrow]) -> Mapping[str, int]:
    seams: defaultdict[str, int] = defaultdict(int)
    for arrow in arrows:
        seams[arrow.caller] += arrow.seams
        seams[arrow.callee] += arrow.seams
    return seams


def _amount(arrow: Arrow) -> str:
    if not arrow.seams:
        return "import only"
    return f"{plural(arrow.seams, 'seam')} at {plural(arrow.sites, 'call site')}"


def _description(picture: Picture) -> str:
    rooms = sum(len(row) for row in picture.rows)
    seams = sum(route.arrow.seams for route in picture.routes)
    floors = [
        f"floor {floor}: {', '.join(box.room.label for row in picture.rows for box in row if box.room.floor == floor)}"
        for floor, _, _ in picture.floors
    ]
    head = f"{plural(rooms, 'room')} on {plural(len(floors), 'floor')}, {plural(seams, 'seam')} between them."
    return " ".join((head, *(f"{text}." for text in floors)))
