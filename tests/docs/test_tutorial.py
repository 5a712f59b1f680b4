"""The tutorial shows the program that the docs' commands are run on."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests import plugins

HERE = Path(__file__).parent
TUTORIAL = HERE.parent.parent / "docs" / "tutorial.md"
SHOWN = re.compile(r"`(?P<name>\w+\.py)`:\n\n```python\n(?P<code>.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("file", sorted((HERE / "sample").glob("*.py")), ids=lambda file: file.name)
def test_the_tutorial_shows_each_file_as_it_is(file: Path) -> None:
    shown = {block["name"]: block["code"] for block in SHOWN.finditer(TUTORIAL.read_text(encoding="utf-8"))}
    assert shown[file.name] == file.read_text(encoding="utf-8")


def test_the_tutorial_prints_what_a_reader_sees(tmp_path: Path) -> None:
    shutil.copytree(HERE / "sample", tmp_path / "tutorial", ignore=shutil.ignore_patterns("__pycache__"))
    ran = pytest_in(tmp_path / "tutorial")
    printed = re.search(r"```text\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.S)
    assert printed is not None
    assert printed[1] in ran.stdout


def test_the_mended_program_has_no_findings(tmp_path: Path) -> None:
    shutil.copytree(HERE / "sample", tmp_path / "tutorial", ignore=shutil.ignore_patterns("__pycache__"))
    mending = TUTORIAL.read_text(encoding="utf-8").partition("## Mending it")[2]
    ledger, order, tests = re.findall(r"^```python\n(.*?)^```$", mending, re.M | re.S)
    mend(tmp_path / "tutorial" / "ledger.py", ledger, before="def cancel")
    mend(tmp_path / "tutorial" / "orders.py", order, after="import ledger\n", before="def withdraw")
    mend(tmp_path / "tutorial" / "test_orders.py", tests)
    assert "3 of 3 exercised\nfindings  no findings\n" in pytest_in(tmp_path / "tutorial").stdout


def mend(file: Path, text: str, *, after: str = "", before: str = "") -> None:
    """Put ``text`` in the place of what stands between two texts of the file, or of all that there is."""
    old = file.read_text(encoding="utf-8")
    start = old.index(after) + len(after)
    end = old.index(before) if before else len(old)
    file.write_text(f"{old[:start]}\n\n{text}\n\n{old[end:]}".lstrip(), encoding="utf-8")


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    """``pytest --dryfit``, as a reader runs it."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))
    }
    environment |= plugins.only()  # a reader has not all that this suite needs
    command = [sys.executable, "-m", "pytest", "--dryfit"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
