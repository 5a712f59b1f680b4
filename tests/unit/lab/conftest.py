"""Small projects, and labs on them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

import dryfit
from dryfit.config import load_config
from dryfit.lab.lab import Lab


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes a project; common indentation is taken off."""

    def written(files: Mapping[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in {"pyproject.toml": "", **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return root

    return written


@pytest.fixture
def lab_on(write: Callable[[Mapping[str, str]], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Lab]:
    """Gives a lab on the project with these files, whose workers load no plugin but the named ones."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "DRYFIT_", "COV_"))]:
        if name != "PYTEST_CURRENT_TEST":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(Path(dryfit.__file__).parents[1])])
    )

    def lab(files: Mapping[str, str], *arguments: str, plugins: Iterable[str] = (), **options: object) -> Lab:
        root = write(files)
        monkeypatch.chdir(root)
        monkeypatch.setenv("PYTEST_PLUGINS", ",".join(["dryfit.pytest_plugin", *plugins]))
        chosen: dict[str, object] = {"instruments": "watching:Watching", **options}
        return Lab(load_config(root), ["-p", "no:randomly", *arguments], **chosen)  # type: ignore[arg-type]

    return lab
