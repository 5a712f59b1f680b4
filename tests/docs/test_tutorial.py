"""The tutorial shows the program that the docs' commands are run on."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TUTORIAL = HERE.parent.parent / "docs" / "tutorial.md"
SHOWN = re.compile(r"`(?P<name>\w+\.py)`:\n\n```python\n(?P<code>.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("file", sorted((HERE / "sample").glob("*.py")), ids=lambda file: file.name)
def test_the_tutorial_shows_each_file_as_it_is(file: Path) -> None:
    shown = {block["name"]: block["code"] for block in SHOWN.finditer(TUTORIAL.read_text(encoding="utf-8"))}
    assert shown[file.name] == file.read_text(encoding="utf-8")
