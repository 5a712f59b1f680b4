"""Small projects, and labs on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from tests.plugins import only

import dryfit
from dryfit.config import load_config
from dryfit.lab.lab import Lab

FOUND_IN = (Path(__file__).parent, Path(dryfit.__file__).parents[1])
"""Where workers find these tests' instruments, and dryfit itself."""


@pytest.fixture(scope="module")
def lab_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Gives a lab on a project with these files, whose workers load no plugin but the named ones.

    The project is the working directory from then on. Common indentation of the files is taken off.
    """

    def lab(files: Mapping[str, str], *arguments: str, plugins: Iterable[str] = (), **options: object) -> Lab:
        root = tmp_path_factory.mktemp("project")
        for name, text in {"pyproject.toml": "", **files}.items():
            (root / name).write_text(dedent(text), encoding="utf-8")
        patched.chdir(root)
        for name, value in only(*plugins).items():
            patched.setenv(name, value)
        chosen: dict[str, object] = {"instruments": "watching:Watching", **options}
        return Lab(load_config(root), ["-p", "no:randomly", *arguments], **chosen)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        for name in [name for name in os.environ if name.startswith(("PYTEST_", "DRYFIT_", "COV_"))]:
            if name != "PYTEST_CURRENT_TEST":
                patched.delenv(name)
        patched.setenv("PYTHONPATH", os.pathsep.join(map(str, FOUND_IN)))
        yield lab
