"""A project shows in its source that several threads or tasks run it, or it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.discover.concurrency import is_concurrent
from dryfit.model.structure import Component, Module, ProjectMap


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("import threading\n", True),
        ("import os\nfrom concurrent.futures import Executor\n", True),
        ("def late():\n    import asyncio\n", True),
        ("async def sell():\n    pass\n", True),
        ("from fastapi import FastAPI\n", True),
        ("import threads_of_wool\n", False),
        ("'import threading'\n# import threading\n", False),
    ],
)
def test_what_makes_threads_or_tasks_is_seen(tmp_path: Path, source: str, shown: bool):
    (tmp_path / "till.py").write_text(source)
    project = ProjectMap(str(tmp_path), components=(Component("till", 0, (Module("till", "till.py"),)),))

    assert is_concurrent(tmp_path, project) is shown


def test_a_file_that_is_not_there_shows_nothing(tmp_path: Path):
    assert not is_concurrent(
        tmp_path, ProjectMap(str(tmp_path), components=(Component("till", 0, (Module("till", "gone.py"),)),))
    )
