"""A project shows in its source of which modules several threads or tasks may share objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.discover.concurrency import shared_modules
from dryfit.model.structure import Component, ImportEdge, Module, ProjectMap


def project(folder: Path, *imports: tuple[str, str], **sources: str) -> ProjectMap:
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    components = tuple(Component(name, 0, (Module(name, f"{name}.py"),)) for name in sources)
    return ProjectMap(
        str(folder), components=components, imports=tuple(ImportEdge(*each, places=()) for each in imports)
    )


@pytest.mark.parametrize(
    ("source", "sharing"),
    [
        ("import threading\n", "threads"),
        ("import os\nfrom concurrent.futures import Executor\n", "threads"),
        ("from fastapi import FastAPI\n", "threads"),
        ("import asyncio\nasyncio.to_thread(print)\n", "threads"),
        ("def late():\n    import asyncio\n", "tasks"),
        ("async def sell():\n    pass\n", "tasks"),
        ("import threads_of_wool\n", "nobody"),
        ("'import threading'\n# import threading\n", "nobody"),
    ],
)
def test_what_makes_threads_or_tasks_or_guards_against_them_is_shared(
    tmp_path: Path, source: str, sharing: str
):
    assert shared_modules(tmp_path, project(tmp_path, till=source)) == {"till": sharing}


@pytest.mark.parametrize(
    ("source", "shared"),
    [
        ("from threading import Thread\n", {"till", "stock", "prices"}),
        ("import threading\nthreading.Timer(1, print)\n", {"till", "stock", "prices"}),
        ("from flask import Flask\n", {"till", "stock", "prices"}),
        ("from threading import Lock\n", {"till"}),
    ],
)
def test_what_is_below_a_component_that_makes_threads_is_shared_with_them(
    tmp_path: Path, source: str, shared: set[str]
):
    found = project(
        tmp_path,
        ("till", "stock"),
        ("stock", "prices"),
        ("report", "stock"),
        till=source,
        stock="",
        prices="",
        report="",
    )

    assert {name for name, by in shared_modules(tmp_path, found).items() if by == "threads"} == shared


def test_a_file_that_is_not_there_shows_nothing(tmp_path: Path):
    gone = ProjectMap(str(tmp_path), components=(Component("till", 0, (Module("till", "gone.py"),)),))

    assert shared_modules(tmp_path, gone) == {"till": "nobody"}
