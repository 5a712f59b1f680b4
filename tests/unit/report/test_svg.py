"""The picture of the map: everything drawn, nothing on top of each other."""

import re
from collections.abc import Callable
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dryfit.model.run import Run
from dryfit.model.seam import Place
from dryfit.model.structure import CallSite, Component, Module, ProjectMap
from dryfit.report.graph import graph
from dryfit.report.svg import ROOM_HEIGHT, WIDTH, Picture, lay_out, svg

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def projects(draw: st.DrawFn) -> ProjectMap:
    count = draw(st.integers(0, 25))
    components = tuple(
        Component(
            f"part{index:02d}{'x' * draw(st.integers(0, 20))}",
            draw(st.integers(0, 5)),
            (Module("m", "m.py"),),
        )
        for index in range(count)
    )
    names = [component.name for component in components]
    pairs = (
        draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=40))
        if names
        else []
    )
    return ProjectMap(
        "/home/ada/any",
        components=components,
        call_sites=tuple(
            CallSite(one, other, f"{other}.f", Place("m.py", 1), ()) for one, other in pairs if one != other
        ),
    )


def test_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("map.svg", svg(shop.project))


@given(projects())
def test_the_document_is_well_formed_and_says_what_it_shows(project: ProjectMap) -> None:
    root = ElementTree.fromstring(svg(project))
    names = {text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"}
    assert names == {component.name for component in project.components}
    assert root.findtext(f"{SVG}title") == "Map of any"
    description = root.findtext(f"{SVG}desc")
    assert description is not None
    assert all(component.name in description for component in project.components)


@given(projects())
def test_rooms_keep_apart_and_inside(project: ProjectMap) -> None:
    boxes = [box for row in lay_out(graph(project)).rows for box in row]
    assert all(box.left >= 0 and box.right <= WIDTH for box in boxes)
    for one, other in combinations(boxes, 2):
        assert (
            one.right < other.left
            or other.right < one.left
            or one.bottom < other.top
            or other.bottom < one.top
        )


@given(projects())
def test_no_arrow_passes_through_a_room(project: ProjectMap) -> None:
    picture = lay_out(graph(project))
    for route in picture.routes:
        for lane in route.lanes:
            assert not any(box.left < lane.x < box.right for box in picture.rows[lane.row])


@pytest.mark.parametrize("name", ["shop", "large"])
def test_arrows_begin_and_end_at_their_rooms(name: str, request: pytest.FixtureRequest) -> None:
    picture: Picture = lay_out(graph(request.getfixturevalue(name).project))
    for route in picture.routes:
        assert route.start.left <= route.leaves <= route.start.right
        assert route.end.left <= route.arrives <= route.end.right


def test_lanes_of_the_rows_between_are_at_their_height(shop: Run) -> None:
    """Rows are equally far apart, which is what the paths rely on."""
    tops = [row[0].top for row in lay_out(graph(shop.project)).rows]
    assert len({lower - upper for upper, lower in pairwise(tops)}) == 1
    assert tops[1] - tops[0] > ROOM_HEIGHT


def test_it_is_self_contained(shop: Run) -> None:
    text = svg(shop.project)
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: dark" in text
