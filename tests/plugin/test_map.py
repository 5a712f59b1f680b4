"""``dryfit map``: the static view, drawn; nothing of the project runs."""

from __future__ import annotations

import json

import pytest


def test_the_tree_names_components_by_floor(project):
    ended = project.dryfit("map")

    assert ended.status == 0, ended.err
    upper, _, lower = ended.out.partition("floor 0")
    assert "basket" in upper
    assert "pricing  2 seams, 2 call sites" in upper
    assert "pricing" in lower


def test_nothing_is_executed(project):
    project.write({"pricing.py": "open('executed', 'w')\n\ndef price(product):\n    return 1\n"})

    assert project.dryfit("map").status == 0
    assert not (project.root / "executed").exists()


@pytest.mark.parametrize(("form", "begins"), [("json", "{"), ("mermaid", "flowchart TD"), ("svg", "<svg")])
def test_other_forms(project, form, begins):
    ended = project.dryfit("map", "--format", form, "--output", "map.txt")

    assert ended.status == 0, ended.err
    assert ended.out == ""
    assert (project.root / "map.txt").read_text(encoding="utf-8").lstrip().startswith(begins)


def test_json_is_json(project):
    document = json.loads(project.dryfit("map", "--format", "json").out)

    assert [component["name"] for component in document["components"]] == ["basket", "pricing"]


@pytest.mark.parametrize("form", ["tree", "json"])
def test_a_file_that_cannot_be_parsed_costs_one_line(project, form):
    project.write({"old.py": "print 'two'\n"})

    ended = project.dryfit("map", "--format", form)

    assert ended.status == 0
    told = ended.out if form == "tree" else ended.err
    (line,) = [line for line in told.splitlines() if "old.py" in line and "1" in line]
    assert "Traceback" not in ended.err, line


def test_a_component_that_is_not_there(project):
    project.write({"pyproject.toml": '[tool.dryfit]\ncomponents = ["basket", "prising"]\n'})

    ended = project.dryfit("map", "--format", "mermaid")

    assert ended.status == 2
    assert "'prising'; the nearest name is 'pricing'" in ended.err
    assert "basket" in ended.out


def test_an_empty_project(empty_project):
    ended = empty_project.dryfit("map")

    assert ended.status == 2
    assert "there is nothing to draw" in ended.err
    assert "Traceback" not in ended.err


def test_a_folder_that_is_not_there(project):
    ended = project.dryfit("map", "nowhere")

    assert ended.status == 2
    assert "nowhere" in ended.err
