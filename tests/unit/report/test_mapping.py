"""The map as text."""

import json
import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dryfit.model.run import Run
from dryfit.model.structure import Component, ImportEdge, Module, ProjectMap
from dryfit.report import mapping

nasty = st.text(min_size=1, max_size=20)


def test_the_tree_of_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("map.txt", mapping.tree(shop.project))


def test_the_tree_in_ascii(shop: Run) -> None:
    text = mapping.tree(shop.project, encoding="ascii")
    assert text.isascii()
    assert "  |- inventory" in text
    assert "  `- payment" in text


def test_the_json_of_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    text = mapping.as_json(shop.project)
    assert "/home/ada" not in text
    assert [seam["callable"] for seam in json.loads(text)["seams"]][:2] == [
        "auth.Accounts.log_in",
        "auth.Accounts.sign_up",
    ]
    golden("map.json", text)


def test_the_mermaid_of_the_shop(shop: Run, golden: Callable[[str, str], None]) -> None:
    golden("map.mmd", mapping.mermaid(shop.project))


def test_an_empty_project() -> None:
    empty = ProjectMap("/home/ada/empty")
    assert mapping.tree(empty) == "0 components, 0 floors, 0 seams at 0 call sites\n"
    assert mapping.mermaid(empty) == "flowchart TD\n"
    assert json.loads(mapping.as_json(empty))["components"] == []


@given(st.lists(nasty, min_size=2, max_size=2, unique=True))
def test_no_name_breaks_the_flowchart(names: list[str]) -> None:
    project = ProjectMap(
        "/home/ada/odd",
        components=tuple(
            Component(name, 1 - index, (Module(name, "x.py"),)) for index, name in enumerate(names)
        ),
        imports=(ImportEdge(names[0], names[1], ()),),
    )
    lines = mapping.mermaid(project).split("\n")
    assert [line for line in lines if "-.->" in line] == ["  r0 -.-> r1"]
    rooms = [line for line in lines if line.startswith("    ")]
    assert all(re.fullmatch(r'    r[01]\["[\w .*()#;-]*"\]', line) for line in rooms)
    assert len(rooms) == 2
